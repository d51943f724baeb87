//! Products that answer in a server's place, by the names that they give themselves.

/// What answers beside or before a service's own program.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Product {
    /// Squid, a forward proxy.
    Squid,
    /// Blue Coat ProxySG.
    Bluecoat,
    /// Zscaler.
    Zscaler,
    /// McAfee Web Gateway.
    Mcafee,
    /// Fortinet FortiGate.
    Fortigate,
    /// Fortinet FortiProxy.
    Fortiproxy,
    /// Sophos.
    Sophos,
    /// Netskope.
    Netskope,
    /// Privoxy.
    Privoxy,
    /// A web gateway that does not say whose it is.
    WebGateway,
}

impl Product {
    /// The product that `text` names, as a header or a page does.
    pub fn named_in(text: &str) -> Option<Self> {
        const NAMES: [(&str, Product); 10] = [
            ("squid", Product::Squid),
            ("bluecoat", Product::Bluecoat),
            ("zscaler", Product::Zscaler),
            ("mcafee", Product::Mcafee),
            ("fortigate", Product::Fortigate),
            ("fortiproxy", Product::Fortiproxy),
            ("sophos", Product::Sophos),
            ("netskope", Product::Netskope),
            ("privoxy", Product::Privoxy),
            ("web gateway", Product::WebGateway),
        ];
        let text = text.to_lowercase();
        NAMES.into_iter().find(|(name, _)| text.contains(name)).map(|(_, product)| product)
    }
}
