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
    /// Amazon S3, a storage of files.
    S3,
    /// F5 BIG-IP.
    F5,
    /// Imperva, formerly Incapsula.
    Imperva,
    /// Sucuri.
    Sucuri,
    /// Fortinet FortiWeb, which stands before services.
    Fortiweb,

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
    pub(super) const OF_THE_SERVICE: [(&str, Self); 42] = [
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
        ("amazons3", Self::S3),
        ("bigip", Self::F5),
        ("big-ip", Self::F5),
        ("imperva", Self::Imperva),
        ("incapsula", Self::Imperva),
        ("sucuri", Self::Sucuri),
        ("fortiweb", Self::Fortiweb),
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
        self.facts().side
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        self.facts().label
    }

    /// The setting with which it lets WebSockets through, as its documentation spells it.
    pub const fn upgrade_setting(self) -> Option<&'static str> {
        self.facts().upgrade_setting
    }

    const fn facts(self) -> Facts {
        match self {
            Self::Squid => near_the_user("Squid"),
            Self::Bluecoat => near_the_user("Blue Coat"),
            Self::Zscaler => near_the_user("Zscaler"),
            Self::Mcafee => near_the_user("McAfee Web Gateway"),
            Self::Fortigate => near_the_user("FortiGate"),
            Self::Fortiproxy => near_the_user("FortiProxy"),
            Self::Sophos => near_the_user("Sophos"),
            Self::Netskope => near_the_user("Netskope"),
            Self::Privoxy => near_the_user("Privoxy"),
            Self::WebGateway => near_the_user("a web gateway"),
            Self::Forcepoint => near_the_user("Forcepoint"),
            Self::Cisco => near_the_user("Cisco"),
            Self::PaloAlto => near_the_user("Palo Alto Networks"),
            Self::Barracuda => near_the_user("Barracuda"),
            Self::CheckPoint => near_the_user("Check Point"),
            Self::Sonicwall => near_the_user("SonicWall"),
            Self::Watchguard => near_the_user("WatchGuard"),
            Self::Kaspersky => near_the_user("Kaspersky"),
            Self::Eset => near_the_user("ESET"),
            Self::Avast => near_the_user("Avast"),
            Self::Bitdefender => near_the_user("Bitdefender"),
            Self::Menlo => near_the_user("Menlo Security"),
            Self::Iboss => near_the_user("iboss"),
            Self::Nginx => gateway(
                "nginx",
                "in nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection \
                 \"upgrade\" in the location of the WebSocket",
            ),
            Self::Openresty => gateway(
                "OpenResty (nginx)",
                "in nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection \
                 \"upgrade\" in the location of the WebSocket",
            ),
            Self::Envoy => gateway(
                "Envoy",
                "in Envoy or Istio: upgrade_configs with upgrade_type websocket on the listener or the route",
            ),
            Self::Haproxy => gateway(
                "HAProxy",
                "in HAProxy: a backend that speaks HTTP/1.1 (proto h1), option http-server-close and timeout tunnel",
            ),
            Self::Traefik => gateway(
                "Traefik",
                "in Traefik: a router for the WebSocket's path, and no middleware that drops Upgrade and Connection",
            ),
            Self::Caddy => gateway(
                "Caddy",
                "in Caddy: reverse_proxy for the WebSocket's path, without a header_up that removes Upgrade",
            ),
            Self::Apache => {
                gateway("Apache", "in Apache: mod_proxy_wstunnel, or ProxyPass … upgrade=websocket (2.4.47 and newer)")
            }
            Self::Kong => gateway(
                "Kong",
                "in Kong: a route with the protocols http, https, ws and wss and a service with HTTP/1.1",
            ),
            Self::Alb => {
                gateway("the AWS load balancer", "in the AWS load balancer: a target group with protocol version HTTP1")
            }
            Self::ApiGateway => gateway(
                "Amazon API Gateway",
                "in Amazon API Gateway: a WebSocket API; an HTTP or REST API passes no upgrades",
            ),
            Self::Cloudfront => gateway(
                "CloudFront",
                "in CloudFront: an origin request policy that forwards the Sec-WebSocket-* headers (AllViewer)",
            ),
            Self::AppGateway => gateway(
                "Azure Application Gateway",
                "in Azure Application Gateway: HTTP/1.1 towards the back end, WebSocket support is always on",
            ),
            Self::FrontDoor => {
                gateway("Azure Front Door", "in Azure Front Door: a route with caching off for the WebSocket's path")
            }
            Self::GoogleFrontend => gateway(
                "the Google Cloud load balancer",
                "in the Google Cloud load balancer: a backend service with protocol HTTP, not HTTP2",
            ),
            Self::Cloudflare => {
                gateway("Cloudflare", "in Cloudflare: Network, WebSockets: on, and no rule that blocks the path")
            }
            Self::Varnish => gateway(
                "Fastly (Varnish)",
                "in Fastly: WebSockets enabled for the service, return(upgrade) in vcl_recv",
            ),
            Self::Akamai => gateway("Akamai", "in Akamai: the WebSocket behaviour on the property's rule for the path"),
            Self::Heroku => gateway("Heroku's router", "on Heroku: a web dyno that runs and answers upgrades on $PORT"),
            Self::Iis => gateway(
                "IIS",
                "in IIS: the Windows feature WebSocket Protocol installed, and webSocket enabled in system.webServer",
            ),
            Self::S3 => gateway(
                "Amazon S3",
                "in CloudFront: a behaviour for the path whose origin is the server, not the bucket",
            ),
            Self::F5 => gateway("F5 BIG-IP", "in BIG-IP: a WebSocket profile on the virtual server"),
            Self::Imperva => gateway("Imperva", "in Imperva: WebSocket support on, and no rule that blocks the path"),
            Self::Sucuri => gateway("Sucuri", "in Sucuri: WebSocket support, and the path among those it lets through"),
            Self::Fortiweb => gateway("FortiWeb", "in FortiWeb: a WebSocket security policy that allows the path"),
            Self::Daphne => program("daphne"),
            Self::Uvicorn => program("uvicorn"),
            Self::Hypercorn => program("hypercorn"),
            Self::Gunicorn => program("gunicorn"),
            Self::Werkzeug => program("Werkzeug"),
            Self::Tornado => program("Tornado"),
            Self::Aiohttp => program("aiohttp"),
            Self::Websockets => program("Python's websockets"),
            Self::Express => program("Express"),
            Self::Kestrel => program("Kestrel"),
            Self::Jetty => program("Jetty"),
            Self::Tomcat => program("Tomcat"),
            Self::Puma => program("Puma"),
            Self::Cowboy => program("Cowboy"),
        }
    }
}

/// What is known of a product.
struct Facts {
    label: &'static str,
    side: Side,
    upgrade_setting: Option<&'static str>,
}

const fn near_the_user(label: &'static str) -> Facts {
    Facts { label, side: Side::User, upgrade_setting: None }
}

const fn gateway(label: &'static str, upgrade_setting: &'static str) -> Facts {
    Facts { label, side: Side::Gateway, upgrade_setting: Some(upgrade_setting) }
}

const fn program(label: &'static str) -> Facts {
    Facts { label, side: Side::Application, upgrade_setting: None }
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
