//! Who issues certificates: the public, and those who open other people's connections.

use crate::model::Issuer;

/// Organizations and names of the authorities that browsers trust, in lower case.
const PUBLIC: [&str; 32] = [
    "let's encrypt",
    "google trust services",
    "digicert",
    "globalsign",
    "sectigo",
    "amazon",
    "entrust",
    "godaddy",
    "starfield",
    "buypass",
    "zerossl",
    "ssl.com",
    "ssl corporation",
    "microsoft",
    "cloudflare, inc",
    "actalis",
    "certum",
    "asseco",
    "quovadis",
    "swisssign",
    "identrust",
    "t-systems",
    "telekom security",
    "d-trust",
    "harica",
    "hellenic academic",
    "geotrust",
    "rapidssl",
    "thawte",
    "comodo ca",
    "gandi",
    "apple",
];

/// Makers of proxies, firewalls and virus scanners that show certificates of their own, in lower case.
const INTERCEPTORS: [&str; 29] = [
    "zscaler",
    "netskope",
    "fortinet",
    "fortigate",
    "palo alto",
    "sophos",
    "kaspersky",
    "eset",
    "avast",
    "avg ",
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
];

/// Whether `issuer` is one that browsers trust.
pub(super) fn is_public(issuer: &Issuer) -> bool {
    is_among(issuer, &PUBLIC)
}

/// Whether `issuer` makes things that open TLS.
pub(super) fn is_interceptor(issuer: &Issuer) -> bool {
    is_among(issuer, &INTERCEPTORS)
}

fn is_among(issuer: &Issuer, names: &[&str]) -> bool {
    let organization = issuer.organization.as_ref().map_or("", |organization| organization.as_str());
    let shown = format!("{} {organization} ", issuer.name).to_lowercase();
    names.iter().any(|name| shown.contains(name))
}
