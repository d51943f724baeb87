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
    /// Trend Micro, a virus scanner.
    TrendMicro,
    /// Norton, a virus scanner.
    Norton,
    /// F-Secure or WithSecure, a virus scanner.
    Fsecure,
    /// Cloudflare Gateway, the filter for a company's users, not the CDN.
    CloudflareGateway,
    /// Smoothwall.
    Smoothwall,
    /// Lightspeed, a filter of schools.
    Lightspeed,
    /// Securly, a filter of schools.
    Securly,
    /// DNSFilter.
    Dnsfilter,
    /// Untangle.
    Untangle,
    /// Sangfor.
    Sangfor,
    /// AdGuard.
    Adguard,
    /// GoGuardian, a filter of schools.
    Goguardian,
    /// Linewize, a filter of schools.
    Linewize,

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
    /// Fastly, a CDN made with Varnish.
    Fastly,
    /// Varnish.
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
    /// Apache APISIX.
    Apisix,
    /// LiteSpeed.
    Litespeed,
    /// lighttpd.
    Lighttpd,
    /// Spring Cloud Gateway.
    SpringGateway,
    /// Fly.io's router.
    Fly,
    /// Render's router.
    Render,
    /// Railway's router.
    Railway,
    /// Vercel, which runs functions and no servers.
    Vercel,
    /// Netlify, which runs functions and no servers.
    Netlify,
    /// ngrok, a tunnel to a computer.
    Ngrok,
    /// Google's front end of Cloud Run and App Engine.
    CloudRun,
    /// Azure App Service, which runs web apps.
    AppService,
    /// OpenShift's router.
    Openshift,
    /// The controller of Kubernetes' Ingresses.
    Ingress,
    /// Cloud Foundry's router.
    CloudFoundry,
    /// GitHub Pages, a storage of files.
    GithubPages,
    /// DigitalOcean App Platform.
    DigitalOcean,
    /// Linkerd's proxy.
    Linkerd,
    /// Tyk.
    Tyk,
    /// Apigee.
    Apigee,
    /// KrakenD.
    Krakend,
    /// Citrix NetScaler.
    Netscaler,
    /// DataDome, a protection from robots.
    Datadome,
    /// Anubis, a protection from robots.
    Anubis,

    /// oauth2-proxy, a login before a service.
    Oauth2Proxy,
    /// Authelia, a login before a service.
    Authelia,
    /// authentik, a login before a service.
    Authentik,
    /// Cloudflare Access, a login before a service.
    CloudflareAccess,
    /// Pomerium, a login before a service.
    Pomerium,
    /// Google's Identity-Aware Proxy, a login before a service.
    Iap,
    /// Keycloak, an identity provider.
    Keycloak,
    /// Microsoft Entra ID, an identity provider.
    Entra,
    /// Google's sign-in, an identity provider.
    GoogleSignIn,
    /// Okta, an identity provider.
    Okta,
    /// Auth0, an identity provider.
    Auth0,
    /// Microsoft's AD FS, an identity provider.
    AdFs,
    /// Amazon Cognito, an identity provider.
    Cognito,
    /// Shibboleth, an identity provider.
    Shibboleth,
    /// A port that GitHub Codespaces forwards.
    Codespaces,
    /// A tunnel of Microsoft's dev tunnels, as Visual Studio and its editor make them.
    DevTunnel,

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
    /// Django.
    Django,
    /// Ruby on Rails.
    Rails,
    /// Laravel.
    Laravel,
    /// Spring.
    Spring,
    /// Vite's server for development.
    Vite,
    /// webpack's server for development.
    Webpack,
    /// Phusion Passenger.
    Passenger,
    /// Next.js.
    Nextjs,
    /// WebSphere.
    Websphere,
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
    /// Whether it is a login that stands before services.
    pub const fn is_sign_on(self) -> bool {
        matches!(
            self,
            Self::Oauth2Proxy
                | Self::Authelia
                | Self::Authentik
                | Self::CloudflareAccess
                | Self::Pomerium
                | Self::Iap
                | Self::Keycloak
                | Self::Entra
                | Self::GoogleSignIn
                | Self::Okta
                | Self::Auth0
                | Self::AdFs
                | Self::Cognito
                | Self::Shibboleth
        )
    }

    /// How whoever opened a tunnel lets programs through it that its own page stops, as its documentation spells it; `None` for
    /// what is no tunnel.
    pub const fn open_tunnel(self) -> Option<&'static str> {
        if matches!(self, Self::Codespaces) {
            Some(
                "make the forwarded port public (gh codespace ports visibility PORT:public, or Ports, Port Visibility)",
            )
        } else if matches!(self, Self::DevTunnel) {
            Some("let everybody use the tunnel (devtunnel host --allow-anonymous)")
        } else if matches!(self, Self::Ngrok) {
            Some(
                "have every request carry the header ngrok-skip-browser-warning, or use an account whose tunnels have no such page",
            )
        } else {
            None
        }
    }

    /// Whether it stands before services alone: others are proxies of users' networks as well.
    pub const fn is_of_services_alone(self) -> bool {
        let may_be_near_users = matches!(
            self,
            Self::Nginx
                | Self::Openresty
                | Self::Haproxy
                | Self::Caddy
                | Self::Apache
                | Self::Varnish
                | Self::Iis
                | Self::Litespeed
                | Self::Lighttpd
        );
        matches!(self.side(), Side::Gateway) && !may_be_near_users
    }

    /// Whose it is.
    pub const fn side(self) -> Side {
        self.facts().side
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        self.facts().label
    }

    /// What has to be installed beside it for WebSockets.
    pub const fn web_socket_library(self) -> Option<&'static str> {
        if matches!(self, Self::Uvicorn) {
            Some("for uvicorn: the package uvicorn[standard], or websockets or wsproto")
        } else {
            None
        }
    }

    /// The setting with which it lets WebSockets through, as its documentation spells it.
    pub const fn upgrade_setting(self) -> Option<&'static str> {
        self.facts().upgrade_setting
    }

    const fn facts(self) -> Facts {
        match self {
            Self::Squid => near_the_user("Squid"),
            Self::Bluecoat => near_the_user("Symantec (Blue Coat)"),
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
            Self::TrendMicro => near_the_user("Trend Micro"),
            Self::Norton => near_the_user("Norton"),
            Self::Fsecure => near_the_user("F-Secure"),
            Self::CloudflareGateway => near_the_user("Cloudflare Gateway"),
            Self::Smoothwall => near_the_user("Smoothwall"),
            Self::Lightspeed => near_the_user("Lightspeed"),
            Self::Securly => near_the_user("Securly"),
            Self::Dnsfilter => near_the_user("DNSFilter"),
            Self::Untangle => near_the_user("Untangle"),
            Self::Sangfor => near_the_user("Sangfor"),
            Self::Adguard => near_the_user("AdGuard"),
            Self::Goguardian => near_the_user("GoGuardian"),
            Self::Linewize => near_the_user("Linewize"),
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
            Self::Fastly => {
                gateway("Fastly", "in Fastly: WebSockets enabled for the service, return(upgrade) in vcl_recv")
            }
            Self::Varnish => gateway(
                "Varnish",
                "in Varnish: return (pipe) in vcl_recv for upgrades, and the header Upgrade passed on in vcl_pipe",
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
            Self::Apisix => gateway("APISIX", "in APISIX: enable_websocket on the route of the WebSocket"),
            Self::Litespeed => gateway("LiteSpeed", "in LiteSpeed: a WebSocket proxy for the path in the virtual host"),
            Self::Lighttpd => gateway(
                "lighttpd",
                "in lighttpd: proxy.header with \"upgrade\" => \"enable\" (mod_proxy, 1.4.46 and newer)",
            ),
            Self::SpringGateway => gateway(
                "Spring Cloud Gateway",
                "in Spring Cloud Gateway: a route for the WebSocket's path whose uri begins with ws:// or lb:ws://",
            ),
            Self::Fly => gateway(
                "Fly.io's router",
                "on Fly.io: a service whose internal_port the program listens at, on 0.0.0.0",
            ),
            Self::Render => gateway("Render's router", "on Render: a web service that listens on 0.0.0.0 at $PORT"),
            Self::Railway => gateway("Railway's router", "on Railway: a service that listens on 0.0.0.0 at $PORT"),
            Self::Vercel => {
                gateway("Vercel", "on another host than Vercel, which runs functions and keeps no sockets open")
            }
            Self::Netlify => {
                gateway("Netlify", "on another host than Netlify, which runs functions and keeps no sockets open")
            }
            Self::Ngrok => gateway("ngrok", "in ngrok: a tunnel to the port of the server, which runs"),
            Self::CloudRun => gateway(
                "Google Cloud Run or App Engine",
                "in Google Cloud Run: a container that speaks HTTP/1.1, without end-to-end HTTP/2",
            ),
            Self::AppService => {
                gateway("Azure App Service", "in Azure App Service: Configuration, General settings, Web sockets: on")
            }
            Self::Openshift => gateway(
                "OpenShift's router",
                "in OpenShift: a Route for the WebSocket's path that is not re-encrypted to a pod without TLS",
            ),
            Self::Ingress => gateway(
                "the Kubernetes Ingress controller",
                "in Kubernetes: an Ingress whose rule leads the WebSocket's path to the socket server's Service",
            ),
            Self::CloudFoundry => gateway(
                "Cloud Foundry's router",
                "in Cloud Foundry: a route for the WebSocket's path, and a port of the load balancer that passes upgrades",
            ),
            Self::GithubPages => {
                gateway("GitHub Pages", "on another host than GitHub Pages, which has files and no programs")
            }
            Self::DigitalOcean => gateway(
                "DigitalOcean App Platform",
                "in DigitalOcean App Platform: a route for the WebSocket's path to the component whose http_port is the server's",
            ),
            Self::Linkerd => gateway(
                "Linkerd",
                "in Linkerd: the port among those that speak HTTP/1.1, or opaque (config.linkerd.io/opaque-ports)",
            ),
            Self::Tyk => gateway("Tyk", "in Tyk: http_server_options.enable_websockets in tyk.conf"),
            Self::Apigee => gateway("Apigee", "in Apigee: an API proxy whose target passes WebSockets"),
            Self::Krakend => gateway("KrakenD", "in KrakenD: the namespace websocket at the endpoint (Enterprise)"),
            Self::Netscaler => gateway("NetScaler", "in NetScaler: an HTTP profile with webSocket ENABLED"),
            Self::Datadome => {
                gateway("DataDome", "in DataDome: an endpoint for the WebSocket's path that is not protected")
            }
            Self::Anubis => gateway("Anubis", "in Anubis: a rule with the action ALLOW for the WebSocket's path"),
            Self::Oauth2Proxy => sign_on("oauth2-proxy"),
            Self::Authelia => sign_on("Authelia"),
            Self::Authentik => sign_on("authentik"),
            Self::CloudflareAccess => sign_on("Cloudflare Access"),
            Self::Pomerium => sign_on("Pomerium"),
            Self::Iap => sign_on("Google's Identity-Aware Proxy"),
            Self::Keycloak => sign_on("Keycloak"),
            Self::Entra => sign_on("Microsoft Entra ID"),
            Self::GoogleSignIn => sign_on("Google's sign-in"),
            Self::Okta => sign_on("Okta"),
            Self::Auth0 => sign_on("Auth0"),
            Self::AdFs => sign_on("AD FS"),
            Self::Cognito => sign_on("Amazon Cognito"),
            Self::Shibboleth => sign_on("Shibboleth"),
            Self::Codespaces => sign_on("GitHub Codespaces"),
            Self::DevTunnel => sign_on("Microsoft dev tunnels"),
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
            Self::Django => program("Django"),
            Self::Rails => program("Rails"),
            Self::Laravel => program("Laravel"),
            Self::Spring => program("Spring"),
            Self::Vite => program("Vite's development server"),
            Self::Webpack => program("webpack's development server"),
            Self::Passenger => program("Passenger"),
            Self::Nextjs => program("Next.js"),
            Self::Websphere => program("WebSphere"),
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

const fn sign_on(label: &'static str) -> Facts {
    Facts { label, side: Side::Gateway, upgrade_setting: None }
}

const fn program(label: &'static str) -> Facts {
    Facts { label, side: Side::Application, upgrade_setting: None }
}
