//! Who answered, by the names that products give themselves.

/// What answers beside or before a service's own program, or is that program.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Product {
    /// Squid, a forward proxy.
    Squid,
    /// Blue Coat ProxySG, now Symantec's.
    Bluecoat,
    /// Zscaler.
    Zscaler,
    /// McAfee Web Gateway, now Skyhigh's.
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
    /// Forcepoint, formerly Websense.
    Forcepoint,
    /// Cisco's IronPort or Umbrella.
    Cisco,
    /// Palo Alto Networks.
    PaloAlto,
    /// Barracuda.
    Barracuda,
    /// Check Point.
    CheckPoint,
    /// SonicWall.
    Sonicwall,
    /// WatchGuard.
    Watchguard,
    /// Kaspersky, a virus scanner.
    Kaspersky,
    /// ESET, a virus scanner.
    Eset,
    /// Avast or AVG, virus scanners.
    Avast,
    /// Bitdefender, a virus scanner.
    Bitdefender,
    /// Menlo Security.
    Menlo,
    /// iboss.
    Iboss,

    /// nginx.
    Nginx,
    /// OpenResty, an nginx.
    Openresty,
    /// Envoy, also in Istio and Contour.
    Envoy,
    /// HAProxy.
    Haproxy,
    /// Traefik.
    Traefik,
    /// Caddy.
    Caddy,
    /// Apache.
    Apache,
    /// Kong.
    Kong,
    /// AWS Application Load Balancer.
    Alb,
    /// Amazon API Gateway.
    ApiGateway,
    /// Amazon CloudFront.
    Cloudfront,
    /// Azure Application Gateway.
    AppGateway,
    /// Azure Front Door.
    FrontDoor,
    /// Google Cloud load balancer.
    GoogleFrontend,
    /// Cloudflare.
    Cloudflare,
    /// Fastly, or another Varnish.
    Varnish,
    /// Akamai.
    Akamai,
    /// Heroku's router.
    Heroku,
    /// IIS.
    Iis,

    /// daphne, an ASGI server.
    Daphne,
    /// uvicorn, an ASGI server.
    Uvicorn,
    /// hypercorn, an ASGI server.
    Hypercorn,
    /// gunicorn, a WSGI server.
    Gunicorn,
    /// Werkzeug, Flask's server.
    Werkzeug,
    /// Tornado.
    Tornado,
    /// aiohttp.
    Aiohttp,
    /// The library `websockets` of Python.
    Websockets,
    /// Express.
    Express,
    /// Kestrel, ASP.NET Core's server.
    Kestrel,
    /// Jetty.
    Jetty,
    /// Tomcat.
    Tomcat,
    /// Puma.
    Puma,
    /// Cowboy.
    Cowboy,
}

/// Whose a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The user's network or computer.
    User,
    /// A gateway of the service's.
    Gateway,
    /// The service's own program, or the framework that it is made with.
    Application,
}

impl Product {
    /// Filters and forward proxies, by what their headers and pages say.
    pub(super) const NEAR_THE_USER: [(&str, Self); 30] = [
        ("squid", Self::Squid),
        ("bluecoat", Self::Bluecoat),
        ("blue coat", Self::Bluecoat),
        ("proxysg", Self::Bluecoat),
        ("zscaler", Self::Zscaler),
        ("mcafee", Self::Mcafee),
        ("skyhigh", Self::Mcafee),
        ("fortigate", Self::Fortigate),
        ("fortiguard", Self::Fortigate),
        ("fortinet", Self::Fortigate),
        ("fortiproxy", Self::Fortiproxy),
        ("sophos", Self::Sophos),
        ("netskope", Self::Netskope),
        ("privoxy", Self::Privoxy),
        ("web gateway", Self::WebGateway),
        ("forcepoint", Self::Forcepoint),
        ("websense", Self::Forcepoint),
        ("ironport", Self::Cisco),
        ("cisco umbrella", Self::Cisco),
        ("palo alto networks", Self::PaloAlto),
        ("barracuda", Self::Barracuda),
        ("check point", Self::CheckPoint),
        ("sonicwall", Self::Sonicwall),
        ("watchguard", Self::Watchguard),
        ("kaspersky", Self::Kaspersky),
        ("eset", Self::Eset),
        ("avast", Self::Avast),
        ("bitdefender", Self::Bitdefender),
        ("menlo security", Self::Menlo),
        ("iboss", Self::Iboss),
    ];

    /// The others, by what the headers `Server`, `Via` and `X-Powered-By` begin with or hold.
    pub(super) const OF_THE_SERVICE: [(&str, Self); 35] = [
        ("openresty", Self::Openresty),
        ("nginx", Self::Nginx),
        ("envoy", Self::Envoy),
        ("haproxy", Self::Haproxy),
        ("traefik", Self::Traefik),
        ("caddy", Self::Caddy),
        ("apache-coyote", Self::Tomcat),
        ("apache", Self::Apache),
        ("kong", Self::Kong),
        ("awselb", Self::Alb),
        ("cloudfront", Self::Cloudfront),
        ("microsoft-azure-application-gateway", Self::AppGateway),
        ("azure front door", Self::FrontDoor),
        ("google frontend", Self::GoogleFrontend),
        ("1.1 google", Self::GoogleFrontend),
        ("cloudflare", Self::Cloudflare),
        ("varnish", Self::Varnish),
        ("fastly", Self::Varnish),
        ("akamai", Self::Akamai),
        ("vegur", Self::Heroku),
        ("heroku", Self::Heroku),
        ("microsoft-iis", Self::Iis),
        ("microsoft-httpapi", Self::Iis),
        ("daphne", Self::Daphne),
        ("uvicorn", Self::Uvicorn),
        ("hypercorn", Self::Hypercorn),
        ("gunicorn", Self::Gunicorn),
        ("werkzeug", Self::Werkzeug),
        ("tornadoserver", Self::Tornado),
        ("aiohttp", Self::Aiohttp),
        ("websockets", Self::Websockets),
        ("express", Self::Express),
        ("kestrel", Self::Kestrel),
        ("jetty", Self::Jetty),
        ("cowboy", Self::Cowboy),
    ];

    /// The product near the user that `text` names, as a header or a page does.
    pub fn named_in(text: &str) -> Option<Self> {
        find(&Self::NEAR_THE_USER, text)
    }

    /// Whose it is.
    pub const fn side(self) -> Side {
        match self {
            Self::Squid
            | Self::Bluecoat
            | Self::Zscaler
            | Self::Mcafee
            | Self::Fortigate
            | Self::Fortiproxy
            | Self::Sophos
            | Self::Netskope
            | Self::Privoxy
            | Self::WebGateway
            | Self::Forcepoint
            | Self::Cisco
            | Self::PaloAlto
            | Self::Barracuda
            | Self::CheckPoint
            | Self::Sonicwall
            | Self::Watchguard
            | Self::Kaspersky
            | Self::Eset
            | Self::Avast
            | Self::Bitdefender
            | Self::Menlo
            | Self::Iboss => Side::User,
            Self::Nginx
            | Self::Openresty
            | Self::Envoy
            | Self::Haproxy
            | Self::Traefik
            | Self::Caddy
            | Self::Apache
            | Self::Kong
            | Self::Alb
            | Self::ApiGateway
            | Self::Cloudfront
            | Self::AppGateway
            | Self::FrontDoor
            | Self::GoogleFrontend
            | Self::Cloudflare
            | Self::Varnish
            | Self::Akamai
            | Self::Heroku
            | Self::Iis => Side::Gateway,
            Self::Daphne
            | Self::Uvicorn
            | Self::Hypercorn
            | Self::Gunicorn
            | Self::Werkzeug
            | Self::Tornado
            | Self::Aiohttp
            | Self::Websockets
            | Self::Express
            | Self::Kestrel
            | Self::Jetty
            | Self::Tomcat
            | Self::Puma
            | Self::Cowboy => Side::Application,
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Squid => "Squid",
            Self::Bluecoat => "Blue Coat",
            Self::Zscaler => "Zscaler",
            Self::Mcafee => "McAfee Web Gateway",
            Self::Fortigate => "FortiGate",
            Self::Fortiproxy => "FortiProxy",
            Self::Sophos => "Sophos",
            Self::Netskope => "Netskope",
            Self::Privoxy => "Privoxy",
            Self::WebGateway => "a web gateway",
            Self::Forcepoint => "Forcepoint",
            Self::Cisco => "Cisco",
            Self::PaloAlto => "Palo Alto Networks",
            Self::Barracuda => "Barracuda",
            Self::CheckPoint => "Check Point",
            Self::Sonicwall => "SonicWall",
            Self::Watchguard => "WatchGuard",
            Self::Kaspersky => "Kaspersky",
            Self::Eset => "ESET",
            Self::Avast => "Avast",
            Self::Bitdefender => "Bitdefender",
            Self::Menlo => "Menlo Security",
            Self::Iboss => "iboss",
            Self::Nginx => "nginx",
            Self::Openresty => "OpenResty (nginx)",
            Self::Envoy => "Envoy",
            Self::Haproxy => "HAProxy",
            Self::Traefik => "Traefik",
            Self::Caddy => "Caddy",
            Self::Apache => "Apache",
            Self::Kong => "Kong",
            Self::Alb => "the AWS load balancer",
            Self::ApiGateway => "Amazon API Gateway",
            Self::Cloudfront => "CloudFront",
            Self::AppGateway => "Azure Application Gateway",
            Self::FrontDoor => "Azure Front Door",
            Self::GoogleFrontend => "the Google Cloud load balancer",
            Self::Cloudflare => "Cloudflare",
            Self::Varnish => "Fastly (Varnish)",
            Self::Akamai => "Akamai",
            Self::Heroku => "Heroku's router",
            Self::Iis => "IIS",
            Self::Daphne => "daphne",
            Self::Uvicorn => "uvicorn",
            Self::Hypercorn => "hypercorn",
            Self::Gunicorn => "gunicorn",
            Self::Werkzeug => "Werkzeug",
            Self::Tornado => "Tornado",
            Self::Aiohttp => "aiohttp",
            Self::Websockets => "Python's websockets",
            Self::Express => "Express",
            Self::Kestrel => "Kestrel",
            Self::Jetty => "Jetty",
            Self::Tomcat => "Tomcat",
            Self::Puma => "Puma",
            Self::Cowboy => "Cowboy",
        }
    }

    /// The setting with which it lets WebSockets through, as its documentation spells it.
    pub const fn upgrade_setting(self) -> Option<&'static str> {
        Some(match self {
            Self::Nginx | Self::Openresty => {
                "in nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection \
                 \"upgrade\" in the location of the WebSocket"
            }
            Self::Envoy => {
                "in Envoy or Istio: upgrade_configs with upgrade_type websocket on the listener or the route"
            }
            Self::Haproxy => {
                "in HAProxy: a backend that speaks HTTP/1.1 (proto h1), option http-server-close and timeout tunnel"
            }
            Self::Traefik => {
                "in Traefik: a router for the WebSocket's path, and no middleware that drops Upgrade and Connection"
            }
            Self::Caddy => "in Caddy: reverse_proxy for the WebSocket's path, without a header_up that removes Upgrade",
            Self::Apache => "in Apache: mod_proxy_wstunnel, or ProxyPass … upgrade=websocket (2.4.47 and newer)",
            Self::Kong => "in Kong: a route with the protocols http, https, ws and wss and a service with HTTP/1.1",
            Self::Alb => "in the AWS load balancer: a target group with protocol version HTTP1",
            Self::ApiGateway => "in Amazon API Gateway: a WebSocket API; an HTTP or REST API passes no upgrades",
            Self::Cloudfront => {
                "in CloudFront: an origin request policy that forwards the Sec-WebSocket-* headers (AllViewer)"
            }
            Self::AppGateway => {
                "in Azure Application Gateway: HTTP/1.1 towards the back end, WebSocket support is always on"
            }
            Self::FrontDoor => "in Azure Front Door: a route with caching off for the WebSocket's path",
            Self::GoogleFrontend => {
                "in the Google Cloud load balancer: a backend service with protocol HTTP, not HTTP2"
            }
            Self::Cloudflare => "in Cloudflare: Network, WebSockets: on, and no rule that blocks the path",
            Self::Varnish => "in Fastly: WebSockets enabled for the service, return(upgrade) in vcl_recv",
            Self::Akamai => "in Akamai: the WebSocket behaviour on the property's rule for the path",
            Self::Heroku => "in the app on Heroku: a web process that answers upgrades",
            Self::Iis => {
                "in IIS: the Windows feature WebSocket Protocol installed, and webSocket enabled in system.webServer"
            }
            Self::Squid
            | Self::Bluecoat
            | Self::Zscaler
            | Self::Mcafee
            | Self::Fortigate
            | Self::Fortiproxy
            | Self::Sophos
            | Self::Netskope
            | Self::Privoxy
            | Self::WebGateway
            | Self::Forcepoint
            | Self::Cisco
            | Self::PaloAlto
            | Self::Barracuda
            | Self::CheckPoint
            | Self::Sonicwall
            | Self::Watchguard
            | Self::Kaspersky
            | Self::Eset
            | Self::Avast
            | Self::Bitdefender
            | Self::Menlo
            | Self::Iboss
            | Self::Daphne
            | Self::Uvicorn
            | Self::Hypercorn
            | Self::Gunicorn
            | Self::Werkzeug
            | Self::Tornado
            | Self::Aiohttp
            | Self::Websockets
            | Self::Express
            | Self::Kestrel
            | Self::Jetty
            | Self::Tomcat
            | Self::Puma
            | Self::Cowboy => return None,
        })
    }
}

/// The first of `names` with which a word of `text` begins: a name within a word is none.
pub(super) fn find(names: &[(&str, Product)], text: &str) -> Option<Product> {
    let plain = |text: &str| {
        let words = text.to_lowercase();
        let words: Vec<_> = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        format!(" {}", words.join(" "))
    };
    let text = plain(text) + " ";
    names.iter().find(|(name, _)| text.contains(&plain(name))).map(|(_, product)| *product)
}
