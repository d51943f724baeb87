//! Icon, version and manifest of the program for Windows. For other systems there is nothing to do.

use winresource::WindowsResource;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=assets/windows.manifest");
    println!("cargo::rerun-if-changed=assets/icon/ticketscope.ico");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return;
    }
    let mut resource = WindowsResource::new();
    resource.set_icon("assets/icon/ticketscope.ico").set_manifest_file("assets/windows.manifest");
    resource.set("ProductName", "Ticketscope").set("FileDescription", "Ticketscope");
    resource.set("OriginalFilename", "ticketscope.exe").set("LegalCopyright", "MIT or Apache-2.0");
    // The program alone: tests have windows of their own.
    resource.compile_for("ticketscope").expect("a resource compiler: windres of MinGW, or rc of the Windows SDK");
}
