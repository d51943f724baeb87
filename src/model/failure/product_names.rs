//! The names that products give themselves in headers, pages and addresses.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::Product;

impl Product {
    /// Filters and forward proxies, by what their headers and pages say; and a firewall of services whose page is like theirs.
    pub(super) const NEAR_THE_USER: [(&str, Self); 81] = [
        ("squid", Self::Squid),
        ("bluecoat", Self::Bluecoat),
        ("blue coat", Self::Bluecoat),
        ("proxysg", Self::Bluecoat),
        ("zscaler", Self::Zscaler),
        ("mcafee", Self::Mcafee),
        ("skyhigh", Self::Mcafee),
        ("fortigate", Self::Fortigate),
        ("fortiguard", Self::Fortigate),
        // The page of FortiWeb is worded as that of FortiGate's filter.
        ("attack id", Self::Fortiweb),
        ("fortiweb", Self::Fortiweb),
        ("fortinet", Self::Fortigate),
        ("fortiproxy", Self::Fortiproxy),
        ("sophos", Self::Sophos),
        ("fw notify net", Self::Sophos),
        ("netskope", Self::Netskope),
        ("goskope", Self::Netskope),
        ("privoxy", Self::Privoxy),
        ("web gateway", Self::WebGateway),
        ("forcepoint", Self::Forcepoint),
        ("websense", Self::Forcepoint),
        ("ironport", Self::Cisco),
        ("cisco umbrella", Self::Cisco),
        ("palo alto networks", Self::PaloAlto),
        ("barracuda", Self::Barracuda),
        ("check point", Self::CheckPoint),
        ("checkpoint usercheck", Self::CheckPoint),
        ("usercheck", Self::CheckPoint),
        ("sonicwall", Self::Sonicwall),
        ("watchguard", Self::Watchguard),
        ("kaspersky", Self::Kaspersky),
        ("eset", Self::Eset),
        ("avast", Self::Avast),
        ("bitdefender", Self::Bitdefender),
        ("menlo security", Self::Menlo),
        ("menlosecurity", Self::Menlo),
        ("iboss", Self::Iboss),
        ("symantec", Self::Bluecoat),
        ("trellix", Self::Mcafee),
        ("opendns", Self::Cisco),
        ("umbrella com", Self::Cisco),
        ("sse cisco com", Self::Cisco),
        ("cisco wsa", Self::Cisco),
        ("cisco secure web", Self::Cisco),
        ("trend micro", Self::TrendMicro),
        ("trendmicro", Self::TrendMicro),
        ("norton", Self::Norton),
        ("f secure", Self::Fsecure),
        ("withsecure", Self::Fsecure),
        ("cloudflare gateway", Self::CloudflareGateway),
        ("blocked teams cloudflare com", Self::CloudflareGateway),
        ("smoothwall", Self::Smoothwall),
        ("lightspeed systems", Self::Lightspeed),
        ("lightspeedsystems", Self::Lightspeed),
        ("lightspeed filter", Self::Lightspeed),
        ("lsfilter", Self::Lightspeed),
        ("securly", Self::Securly),
        ("goguardian", Self::Goguardian),
        ("linewize", Self::Linewize),
        ("dnsfilter", Self::Dnsfilter),
        ("untangle", Self::Untangle),
        ("sangfor", Self::Sangfor),
        ("adguard", Self::Adguard),
        // Pages that name nobody, and say that a filter is one.
        ("web filter", Self::WebGateway),
        ("webfilter", Self::WebGateway),
        ("web page blocked", Self::WebGateway),
        ("webpage blocked", Self::WebGateway),
        ("url filter", Self::WebGateway),
        ("content filter", Self::WebGateway),
        ("company policy", Self::WebGateway),
        ("company s policy", Self::WebGateway),
        ("corporate policy", Self::WebGateway),
        ("organization s policy", Self::WebGateway),
        ("organisation s policy", Self::WebGateway),
        ("internet usage policy", Self::WebGateway),
        ("internet use policy", Self::WebGateway),
        ("internet access policy", Self::WebGateway),
        ("acceptable use policy", Self::WebGateway),
        ("blocked by your organi", Self::WebGateway),
        ("blocked by your network", Self::WebGateway),
        ("blocked by your administrator", Self::WebGateway),
    ];

    /// The others, by what the headers `Server`, `Via` and `X-Powered-By` begin with or hold.
    pub(super) const OF_THE_SERVICE: [(&str, Self); 60] = [
        ("openresty", Self::Openresty),
        ("nginx", Self::Nginx),
        ("envoy", Self::Envoy),
        ("haproxy", Self::Haproxy),
        ("traefik", Self::Traefik),
        ("caddy", Self::Caddy),
        ("apache coyote", Self::Tomcat),
        ("apache", Self::Apache),
        ("kong", Self::Kong),
        ("awselb", Self::Alb),
        ("cloudfront", Self::Cloudfront),
        ("microsoft azure application gateway", Self::AppGateway),
        ("azure front door", Self::FrontDoor),
        ("google frontend", Self::CloudRun),
        ("1 1 google", Self::GoogleFrontend),
        ("cloudflare", Self::Cloudflare),
        ("fastly", Self::Fastly),
        ("varnish", Self::Varnish),
        ("lighttpd", Self::Lighttpd),
        ("akamai", Self::Akamai),
        ("vegur", Self::Heroku),
        ("heroku", Self::Heroku),
        ("microsoft iis", Self::Iis),
        ("microsoft httpapi", Self::Iis),
        ("amazons3", Self::S3),
        ("bigip", Self::F5),
        ("big ip", Self::F5),
        ("imperva", Self::Imperva),
        ("incapsula", Self::Imperva),
        ("sucuri", Self::Sucuri),
        ("fortiweb", Self::Fortiweb),
        ("apisix", Self::Apisix),
        ("litespeed", Self::Litespeed),
        ("tengine", Self::Nginx),
        ("fly io", Self::Fly),
        ("railway", Self::Railway),
        ("vercel", Self::Vercel),
        ("netlify", Self::Netlify),
        ("github com", Self::GithubPages),
        ("apigee", Self::Apigee),
        ("tyk", Self::Tyk),
        ("krakend", Self::Krakend),
        ("netscaler", Self::Netscaler),
        ("ns cache", Self::Netscaler),
        ("phusion passenger", Self::Passenger),
        ("next js", Self::Nextjs),
        ("websphere", Self::Websphere),
        ("puma", Self::Puma),
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

    /// Logins that stand before services, by what their pages and addresses say.
    const SIGN_ON: [(&str, Self); 26] = [
        // The pages of tunnels to a developer's computer, which only a person gets past.
        ("ngrok skip browser warning", Self::Ngrok),
        ("err ngrok 6024", Self::Ngrok),
        ("connect to a developer tunnel", Self::DevTunnel),
        ("tunnels api visualstudio com", Self::DevTunnel),
        ("github dev pf signin", Self::Codespaces),
        ("github dev auth", Self::Codespaces),
        ("oauth2 proxy", Self::Oauth2Proxy),
        ("authelia", Self::Authelia),
        ("authentik", Self::Authentik),
        ("cloudflare access", Self::CloudflareAccess),
        ("cloudflareaccess", Self::CloudflareAccess),
        ("pomerium", Self::Pomerium),
        ("keycloak", Self::Keycloak),
        ("protocol openid connect auth", Self::Keycloak),
        ("kc form login", Self::Keycloak),
        ("login microsoftonline com", Self::Entra),
        ("login live com", Self::Entra),
        ("b2clogin com", Self::Entra),
        ("convergedsignin", Self::Entra),
        ("accounts google com", Self::GoogleSignIn),
        ("okta com", Self::Okta),
        ("oktacdn com", Self::Okta),
        ("auth0 com", Self::Auth0),
        ("adfs ls", Self::AdFs),
        ("amazoncognito com", Self::Cognito),
        ("shibboleth", Self::Shibboleth),
    ];

    /// Filters by the addresses, without the host, to which they send what they stop.
    const BLOCK_PAGES: [(&str, Self); 13] = [
        ("cgi bin blockpage", Self::Forcepoint),
        ("usercheck", Self::CheckPoint),
        ("cgi mod", Self::Barracuda),
        ("squidguard", Self::Squid),
        ("mwg internal", Self::Mcafee),
        ("php urlblock", Self::PaloAlto),
        ("dansguardian", Self::WebGateway),
        ("e2guardian", Self::WebGateway),
        ("blockpage", Self::WebGateway),
        ("block page", Self::WebGateway),
        ("blocked", Self::WebGateway),
        ("urlblock", Self::WebGateway),
        ("access denied", Self::WebGateway),
    ];

    /// What one product says and no other, in the words of its answers.
    pub(super) const SAYINGS: [(&str, Self); 76] = [
        ("bad request 400", Self::Django),
        ("csrf verification failed", Self::Django),
        ("disallowedhost", Self::Django),
        ("allowed hosts", Self::Django),
        ("blocked hosts", Self::Rails),
        ("config hosts", Self::Rails),
        ("allowedhosts in vite", Self::Vite),
        ("server allowedhosts", Self::Vite),
        ("page expired", Self::Laravel),
        ("whitelabel error page", Self::Spring),
        ("invalid cors request", Self::Spring),
        ("no available server", Self::Traefik),
        ("upstream connect error", Self::Envoy),
        ("upstream request timeout", Self::Envoy),
        ("no healthy upstream", Self::Envoy),
        ("rbac access denied", Self::Envoy),
        ("jwt issuer is not configured", Self::Envoy),
        ("jwt verification fails", Self::Envoy),
        ("jwks doesn t have key", Self::Envoy),
        ("jwks remote fetch", Self::Envoy),
        ("audiences in jwt are not allowed", Self::Envoy),
        ("no route matched with those values", Self::Kong),
        ("name resolution failed", Self::Kong),
        ("failure to get a peer from the ring balancer", Self::Kong),
        ("an invalid response was received from the upstream server", Self::Kong),
        ("the upstream server is timing out", Self::Kong),
        ("no credentials found for given", Self::Kong),
        ("no such app", Self::Heroku),
        ("no server is available to handle this request", Self::Haproxy),
        ("request forbidden by administrative rules", Self::Haproxy),
        ("you have sent too many requests in a given amount of time", Self::Haproxy),
        ("the server didn t respond in time", Self::Haproxy),
        ("the server returned an invalid or incomplete response", Self::Haproxy),
        ("not serving requests at this endpoint", Self::Openshift),
        ("default backend 404", Self::Ingress),
        ("guru meditation", Self::Varnish),
        ("fastly error", Self::Fastly),
        ("you don t have permission to access this resource", Self::Apache),
        ("the requested url was not found on this server", Self::Apache),
        ("proudly powered by litespeed", Self::Litespeed),
        ("your browser sent an invalid request", Self::Haproxy),
        ("your browser didn t send a complete request in time", Self::Haproxy),
        ("you need a valid user and password to access this content", Self::Haproxy),
        ("jwt is expired", Self::Envoy),
        ("jwt is not yet valid", Self::Envoy),
        ("jwt is missing", Self::Envoy),
        ("unable to find instance for", Self::SpringGateway),
        ("response took longer than timeout pt", Self::SpringGateway),
        ("find your azure front door service configuration", Self::FrontDoor),
        ("invalid iap credentials", Self::Iap),
        ("requires vercel authentication", Self::Vercel),
        ("this web app is stopped", Self::AppService),
        ("this web app has been stopped", Self::AppService),
        ("there isn t a github pages site here", Self::GithubPages),
        ("404 not found requested route", Self::CloudFoundry),
        ("generated by cloudfront", Self::Cloudfront),
        ("invalid hostname", Self::Iis),
        ("the requested url was rejected please consult", Self::F5),
        ("incapsula incident", Self::Imperva),
        ("deployment not found", Self::Vercel),
        ("err ngrok", Self::Ngrok),
        ("making sure you re not a bot", Self::Anubis),
        ("endpoint request timed out", Self::ApiGateway),
        ("connectionid message internal server error", Self::ApiGateway),
        ("connectionid message forbidden", Self::ApiGateway),
        ("connectionid message unauthorized", Self::ApiGateway),
        ("unable to identify proxy for host", Self::Apigee),
        ("error msg 404 route not found", Self::Apisix),
        ("failed to verify jwt", Self::Apisix),
        ("missing jwt token in request", Self::Apisix),
        ("access to this api has been disallowed", Self::Tyk),
        ("requested endpoint is forbidden", Self::Tyk),
        ("steps jwt", Self::Apigee),
        ("policies ratelimit", Self::Apigee),
        ("phusion passenger application server", Self::Passenger),
        ("microsoft azure web app", Self::AppService),
    ];

    /// The product near the user, or the login before a service, that `text` names, as a header, a page or an address
    /// does.
    pub fn named_in(text: &str) -> Option<Self> {
        NEAR_THE_USER.first_in(text).or_else(|| SIGN_ON.first_in(text))
    }

    /// The filter near the user that has its page for what it stops at `path`, if somebody on the way can have sent there.
    pub fn with_block_page(path: &str) -> Option<Self> {
        BLOCK_PAGES.first_in(path)
    }
}

/// Filters and forward proxies.
pub(super) static NEAR_THE_USER: Names = Names::new(&Product::NEAR_THE_USER);
/// Gateways, platforms and servers of the service's.
pub(super) static OF_THE_SERVICE: Names = Names::new(&Product::OF_THE_SERVICE);
static SIGN_ON: Names = Names::new(&Product::SIGN_ON);
static BLOCK_PAGES: Names = Names::new(&Product::BLOCK_PAGES);
/// Who says something that nobody else says.
pub(super) static SAYINGS: Names = Names::new(&Product::SAYINGS);

/// Products by what names them, searched for all at once. Names are in small letters and digits, with single spaces.
pub(super) struct Names {
    rows: &'static [(&'static str, Product)],
    search: OnceLock<AhoCorasick>,
}

impl Names {
    const fn new(rows: &'static [(&'static str, Product)]) -> Self {
        Self { rows, search: OnceLock::new() }
    }

    /// The first of the table with whose name a word of `text` begins: a name within a word is none.
    pub(super) fn first_in(&self, text: &str) -> Option<Product> {
        let text = spaced(text);
        let search = self.search.get_or_init(|| {
            AhoCorasick::new(self.rows.iter().map(|(name, _)| name)).expect("a few dozen names of the program's own")
        });
        let begins = |at: usize| at == 0 || text[..at].ends_with(' ');
        let named = search.find_overlapping_iter(&text).filter(|found| begins(found.start()));
        let first = named.map(|found| found.pattern().as_usize()).min()?;
        self.rows.get(first).map(|(_, product)| *product)
    }
}

/// `text` in small letters and digits, with single spaces.
pub(super) fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut spaced = String::with_capacity(lower.len());
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_one_product_says_names_it() {
        for (text, expected) in [
            ("no available server\n", Some(Product::Traefik)),
            ("Error: Jwt issuer is not configured", Some(Product::Envoy)),
            ("ERR_NGROK_3200", Some(Product::Ngrok)),
            ("pseudono available server", None),
            ("no server", None),
        ] {
            assert_eq!(SAYINGS.first_in(text), expected, "{text}");
        }
    }

    #[test]
    fn a_firewall_of_services_is_not_taken_for_the_filter_of_the_same_maker() {
        let named = Product::named_in;
        let page =
            "Web Page Blocked! The page cannot be displayed. Please contact the administrator. Attack ID: 20000051";
        assert_eq!(named(page), Some(Product::Fortiweb));
        assert_eq!(named("Web Page Blocked! FortiGuard. Category: Games. Attack ID: 1"), Some(Product::Fortigate));
        assert_eq!(named("Web Page Blocked! You have tried to access a web page"), Some(Product::WebGateway));
    }

    #[test]
    fn names_are_spelt_as_they_are_looked_for() {
        for names in [&NEAR_THE_USER, &OF_THE_SERVICE, &SIGN_ON, &SAYINGS, &BLOCK_PAGES] {
            for (name, _) in names.rows {
                assert!(names.first_in(&format!("x {name}/1.0")).is_some(), "{name}");
                assert_eq!(spaced(name), *name, "words are compared in this spelling");
            }
        }
    }
}
