//! Who issues certificates: the public authorities, and those who open other people's connections.

use std::fmt;

use crate::model::SafeText;

/// Who issued a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The issuer's common name, or else its organization.
    pub name: SafeText,
    /// The issuer's organization, if the certificate names one.
    pub organization: Option<SafeText>,
    /// What kind of issuer it is known to be.
    pub kind: IssuerKind,
}

/// What is known of an issuer by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssuerKind {
    /// An authority that browsers trust.
    Public,
    /// The maker of a proxy, firewall or virus scanner that shows certificates of its own.
    Interceptor,
    /// Neither: a company's own, or one that is not known here.
    Private,
}

/// Where what opens other people's connections runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interception {
    /// A virus scanner on the user's own computer.
    Scanner,
    /// A program with which somebody looks into the connections of their own computer.
    Debugger,
    /// A proxy or firewall of the user's network, or what is not known by its name.
    Network,
}

impl Issuer {
    /// Where it runs, if it opens other people's connections.
    pub fn interception(&self) -> Interception {
        let is_among = |known: &[&str]| known.iter().any(|known| self.has_words(known));
        if is_among(&SCANNERS) {
            Interception::Scanner
        } else if is_among(&DEBUGGERS) {
            Interception::Debugger
        } else {
            Interception::Network
        }
    }

    /// Whether its name, or that of its organization, has these words of small letters.
    pub fn has_words(&self, known: &str) -> bool {
        let names = [Some(&self.name), self.organization.as_ref()];
        names.into_iter().flatten().any(|name| has_words(&words(name.as_str()), known))
    }

    /// The issuer of these names.
    pub fn new(name: SafeText, organization: Option<SafeText>) -> Self {
        let kind = IssuerKind::of(&[Some(&name), organization.as_ref()]);
        Self { name, organization, kind }
    }
}

impl IssuerKind {
    fn of(names: &[Option<&SafeText>]) -> Self {
        let names: Vec<_> = names.iter().flatten().map(|name| words(name.as_str())).collect();
        let is_among = |known: &[&str]| known.iter().any(|known| names.iter().any(|name| has_words(name, known)));
        if is_among(&INTERCEPTORS) {
            Self::Interceptor
        } else if is_among(&PUBLIC) {
            Self::Public
        } else {
            Self::Private
        }
    }
}

/// `name` in lower case, its words separated by single spaces and framed by them.
fn words(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && !"'.".contains(c)).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |all, word| all + word + " ")
}

fn has_words(name: &str, known: &str) -> bool {
    name.contains(&format!(" {known} "))
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.organization {
            Some(organization) if organization != &self.name => write!(f, "{} ({organization})", self.name),
            Some(_) | None => self.name.fmt(f),
        }
    }
}

/// Authorities that browsers trust, by words of their names or organizations.
const PUBLIC: [&str; 33] = [
    "let's encrypt",
    "google trust services",
    "digicert",
    "globalsign",
    "sectigo",
    "amazon",
    "entrust",
    "godaddy.com",
    "go daddy",
    "starfield technologies",
    "buypass",
    "zerossl",
    "ssl.com",
    "ssl corporation",
    "microsoft",
    "cloudflare",
    "actalis",
    "certum",
    "asseco",
    "quovadis",
    "swisssign",
    "identrust",
    "t systems",
    "telekom security",
    "d trust",
    "harica",
    "hellenic academic",
    "geotrust",
    "rapidssl",
    "thawte",
    "comodo ca",
    "gandi",
    "apple",
];

/// Makers of proxies, firewalls and virus scanners that show certificates of their own, by words of their names; and what such
/// authorities are called whoever made them.
const INTERCEPTORS: [&str; 57] = [
    "zscaler",
    "netskope",
    "fortinet",
    "fortigate",
    "palo alto",
    "sophos",
    "kaspersky",
    "eset",
    "avast",
    "avg",
    "bitdefender",
    "blue coat",
    "bluecoat",
    "symantec web",
    "cisco umbrella",
    "mcafee",
    "skyhigh",
    "forcepoint",
    "check point",
    "checkpoint",
    "sonicwall",
    "watchguard",
    "barracuda",
    "cloudflare gateway",
    "cloudflare for teams",
    "mitmproxy",
    "charles proxy",
    "fiddler",
    "portswigger",
    "proxyman",
    "http toolkit",
    "securly",
    "lightspeed",
    "smoothwall",
    "linewize",
    "goguardian",
    "blocksi",
    "menlo security",
    "iboss",
    "untangle",
    "sangfor",
    "stormshield",
    "cato networks",
    "adguard",
    "dr.web",
    "trend micro",
    "norton",
    "ssl inspection",
    "tls inspection",
    "https inspection",
    "ssl proxy",
    "https proxy",
    "web proxy",
    "proxy ca",
    "forward trust",
    "web filter",
    "content filter",
];

/// Those of [`INTERCEPTORS`] that are virus scanners of single computers.
const SCANNERS: [&str; 8] = ["kaspersky", "eset", "avast", "avg", "bitdefender", "adguard", "dr.web", "norton"];
/// Those that people start to look into their own connections.
const DEBUGGERS: [&str; 6] = ["mitmproxy", "charles proxy", "fiddler", "portswigger", "proxyman", "http toolkit"];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, organization: &str) -> IssuerKind {
        let organization = (!organization.is_empty()).then(|| SafeText::new(organization));
        Issuer::new(SafeText::new(name), organization).kind
    }

    #[test]
    fn scanners_and_debuggers_are_among_those_who_open_connections() {
        assert!(SCANNERS.iter().chain(&DEBUGGERS).all(|name| INTERCEPTORS.contains(name)));
        let of = |name: &str| Issuer::new(SafeText::new(name), None).interception();
        assert_eq!(of("ESET SSL Filter CA"), Interception::Scanner);
        assert_eq!(of("PortSwigger CA"), Interception::Debugger);
        assert_eq!(of("Zscaler Root CA"), Interception::Network);
    }

    #[test]
    fn issuers_are_known_by_whole_words_of_their_names() {
        for (name, organization, expected) in [
            ("R11", "Let's Encrypt", IssuerKind::Public),
            ("Amazon RSA 2048 M03", "Amazon", IssuerKind::Public),
            ("Cloudflare Inc ECC CA-3", "Cloudflare, Inc.", IssuerKind::Public),
            ("Gateway CA - Cloudflare Managed G1", "Cloudflare, Inc. for Cloudflare Gateway", IssuerKind::Interceptor),
            ("AVG Web/Mail Shield Root", "AVG Technologies", IssuerKind::Interceptor),
            ("ESET SSL Filter CA", "ESET, spol. s r. o.", IssuerKind::Interceptor),
            ("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc.", IssuerKind::Interceptor),
            ("ACME Corp SSL Inspection CA", "ACME Corp", IssuerKind::Interceptor),
            ("proxy01 Forward Trust", "", IssuerKind::Interceptor),
            ("ACME Corp Issuing CA 2", "ACME Corp", IssuerKind::Private),
            ("Forward Thinking Trust CA", "Web Filters Ltd", IssuerKind::Private),
            ("Reset Ltd CA", "Pavgen Pineapple", IssuerKind::Private),
            ("Example has expired Ltd", "for another host", IssuerKind::Private),
        ] {
            assert_eq!(kind(name, organization), expected, "{name} ({organization})");
        }
    }
}
