//! A network of the test's own: a namespace in which every address of two networks is this computer, with names,
//! a DNS server and packet filters. It ends with the process.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::net::UdpSocket;

/// Set inside the namespace; the folder with its files.
const INSIDE: &str = "TICKETSCOPE_LABELLED_INSIDE";

/// What the namespace begins with. `/etc` is another one there, for the program's own resolver.
const SET_UP: &str = "set -e
ip link set lo up
ip route add local 10.9.0.0/16 dev lo
ip -6 route add local fd09::/64 dev lo
nft add table inet faults
nft add chain inet faults in '{ type filter hook input priority 0; }'
printf '127.0.0.1 localhost\\n' > $1/hosts
printf 'nameserver 10.9.0.53\\noptions timeout:5 attempts:2\\n' > $1/resolv.conf
mount --bind $1/hosts /etc/hosts
mount --bind $1/resolv.conf /etc/resolv.conf
shift
exec \"$@\"";

/// Whether this process is in the namespace already.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs the test `name` of this program again, in the namespace; says whether it passed. `None` if there can be none.
pub fn run_inside(name: &str) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let mut probe = Command::new("unshare");
    let can = probe.args(["--net", "--mount", "sh", "-c", "command -v ip && command -v nft"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "bash", "-c", SET_UP, "bash"]).arg(folder.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]);
    command.env(INSIDE, folder.path()).process_group(0);
    Some(command.status().unwrap().success())
}

/// A host name with an address of its own, and an IPv6 one if wanted.
pub struct Host {
    pub name: String,
    pub v4: IpAddr,
    pub v6: IpAddr,
}

impl Host {
    pub fn new() -> Self {
        Self::with("{4} {n}\n")
    }

    /// One with IPv6.
    pub fn dual() -> Self {
        Self::with("{6} {n}\n{4} {n}\n")
    }

    fn with(lines: &str) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let v4 = Ipv4Addr::new(10, 9, 1, number);
        let v6 = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, number.into());
        let name = format!("host{number}.test");
        let lines = lines.replace("{4}", &v4.to_string()).replace("{6}", &v6.to_string()).replace("{n}", &name);
        let folder = std::env::var_os(INSIDE).expect("only inside the namespace");
        let mut hosts = OpenOptions::new().append(true).open(Path::new(&folder).join("hosts")).unwrap();
        hosts.write_all(lines.as_bytes()).unwrap();
        Self { name, v4: v4.into(), v6: v6.into() }
    }
}

/// Lets the packet filter do `what` with packets to `to`.
pub fn filter(to: IpAddr, what: &str) {
    let family = if to.is_ipv6() { "ip6" } else { "ip" };
    let rule = format!("add rule inet faults in {family} daddr {to} {what}");
    let status = Command::new("nft").arg(&rule).stdin(File::open("/dev/null").unwrap()).status().unwrap();
    assert!(status.success(), "nft {rule}");
}

/// A DNS server that knows no name, and has no answer at all for names that begin with `silent`.
pub async fn serve_dns() {
    let socket = UdpSocket::bind("10.9.0.53:53").await.unwrap();
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            if query[13..length].starts_with(b"silent") {
                continue;
            }
            // The question comes back with the bits for an answer and "no such name" (RFC 1035 §4.1.1).
            query[2] |= 0x80;
            query[3] = 0x83;
            let _ = socket.send_to(&query[..length], from).await;
        }
    });
}
