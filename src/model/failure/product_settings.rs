//! Where in a product something is set or looked at, as its documentation spells it, by what goes wrong.

use super::Product;

/// What is to be changed or looked at in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The server behind it, and how it tells that this is well.
    BackEnd,
    /// For which host names it has something.
    HostName,
    /// How many requests it lets through.
    Rate,
    /// How it checks credentials itself.
    Credentials,
    /// Which requests it forbids.
    Rules,
    /// The check against forged requests.
    Forgery,
    /// How long it waits for the server behind it.
    Timeout,
    /// Which path it asks of the server behind it.
    Path,
    /// The program that holds a tunnel open.
    Tunnel,
    /// Whether it wants a key of its own.
    ApiKey,
    /// How long addresses and headers may be.
    Length,
    /// From which countries it lets users in.
    Countries,
}

use Setting::{ApiKey, BackEnd, Countries, Credentials, Forgery, HostName, Length, Path, Rate, Rules, Timeout, Tunnel};

const SETTINGS: &[(Product, Setting, &str)] = &[
    (Product::Nginx, BackEnd, "in nginx: the server in proxy_pass or its upstream, and error.log"),
    (Product::Openresty, BackEnd, "in nginx: the server in proxy_pass or its upstream, and error.log"),
    (
        Product::Envoy,
        BackEnd,
        "in Envoy: the cluster of the route and its health checks; in Istio: the Service and its pods",
    ),
    (Product::Haproxy, BackEnd, "in HAProxy: the servers of the backend and their check"),
    (
        Product::Traefik,
        BackEnd,
        "in Traefik: the service of the router, its container or pod, and its port and health check",
    ),
    (Product::Caddy, BackEnd, "in Caddy: the address in reverse_proxy, and its log"),
    (Product::Apache, BackEnd, "in Apache: the server in ProxyPass or its balancer, and the error log"),
    (
        Product::Kong,
        BackEnd,
        "in Kong: host and port of the service, or the targets of its upstream and their health checks",
    ),
    (
        Product::Alb,
        BackEnd,
        "in the AWS load balancer: the target group, its registered targets and their health check",
    ),
    (Product::ApiGateway, BackEnd, "in Amazon API Gateway: the integration of the route, and its log"),
    (Product::Cloudfront, BackEnd, "in CloudFront: the origin of the behaviour, and that it answers there"),
    (Product::AppGateway, BackEnd, "in Azure Application Gateway: the backend pool, and Backend health with its probe"),
    (Product::FrontDoor, BackEnd, "in Azure Front Door: the origin group and its health probe"),
    (Product::GoogleFrontend, BackEnd, "in the Google Cloud load balancer: the backend service and its health check"),
    (Product::Cloudflare, BackEnd, "in Cloudflare: the address of the origin server in DNS, and that it answers there"),
    (Product::Fastly, BackEnd, "in Fastly: the host of the service and its health check"),
    (Product::Varnish, BackEnd, "in Varnish: the backend and its probe (varnishadm backend.list)"),
    (Product::Lighttpd, BackEnd, "in lighttpd: the server in proxy.server, and the error log"),
    (
        Product::SpringGateway,
        BackEnd,
        "in Spring Cloud Gateway: the uri of the route, and the service's instances in the registry (Eureka, Consul)",
    ),
    (Product::SpringGateway, Timeout, "in Spring Cloud Gateway: spring.cloud.gateway.httpclient.response-timeout"),
    (Product::Krakend, Credentials, "in KrakenD: auth/validator of the endpoint"),
    (Product::Vercel, Credentials, "on Vercel: Deployment Protection of the project"),
    (Product::Netlify, Credentials, "on Netlify: Access & security, Visitor access of the site"),
    (Product::Iis, Credentials, "in IIS: Authentication, with Anonymous Authentication on for the API's paths"),
    (Product::Haproxy, Credentials, "in HAProxy: the http-request auth rule"),
    (Product::Render, Rate, "on Render: the log of the service; that limit is the platform's"),
    (Product::Iis, Rate, "in IIS: Dynamic IP Restrictions"),
    (Product::GoogleFrontend, Rules, "in Google Cloud Armor: the log of the back end's security policy"),
    (Product::Litespeed, Rules, "in LiteSpeed: Access Control of the virtual host, and .htaccess"),
    (Product::Lighttpd, Rules, "in lighttpd: url.access-deny and the conditions on $HTTP[\"remoteip\"]"),
    (Product::Iis, Rules, "in IIS: Request Filtering, IP Address and Domain Restrictions"),
    (Product::Caddy, Rules, "in Caddy: respond and the matcher before it"),
    (Product::Cloudfront, Countries, "in CloudFront: Geographic restrictions of the distribution"),
    (Product::Cloudflare, Countries, "in Cloudflare: Security, WAF, a custom rule with ip.src.country"),
    (Product::FrontDoor, Countries, "in Azure: the WAF policy's custom rule for the geographic location"),
    (Product::FrontDoor, HostName, "in Azure Front Door: Domains, associated with a route of the endpoint"),
    (Product::Akamai, BackEnd, "in Akamai: the origin server of the property"),
    (Product::Heroku, BackEnd, "on Heroku: heroku ps and heroku logs tell whether a web dyno runs"),
    (
        Product::Iis,
        BackEnd,
        "in IIS: the application pool, which has to be started, and the event log; with ARR: the server farm",
    ),
    (Product::F5, BackEnd, "in BIG-IP: the pool of the virtual server and its monitor"),
    (Product::Imperva, BackEnd, "in Imperva: the site's origin servers"),
    (Product::Sucuri, BackEnd, "in Sucuri: the hosting address"),
    (Product::Fortiweb, BackEnd, "in FortiWeb: the server pool and its health check"),
    (Product::Apisix, BackEnd, "in APISIX: the nodes of the route's upstream and their health checks"),
    (Product::Litespeed, BackEnd, "in LiteSpeed: the external app of the context, and the error log"),
    (
        Product::Fly,
        BackEnd,
        "on Fly.io: internal_port in fly.toml, a program that listens there on 0.0.0.0, and fly logs",
    ),
    (
        Product::Render,
        BackEnd,
        "on Render: the service's deploys and log, and a program that listens on 0.0.0.0 at $PORT",
    ),
    (
        Product::Railway,
        BackEnd,
        "on Railway: the service's deployment and log, and a program that listens on 0.0.0.0 at $PORT",
    ),
    (Product::Vercel, BackEnd, "on Vercel: the deployment and its function's log"),
    (Product::Netlify, BackEnd, "on Netlify: the deploy, its function's log and its redirects"),
    (Product::Codespaces, BackEnd, "in GitHub Codespaces: the program at the forwarded port"),
    (Product::DevTunnel, BackEnd, "in dev tunnels: the program at the port that the tunnel leads to"),
    (Product::Ngrok, BackEnd, "in ngrok: the program at the port that the tunnel leads to"),
    (
        Product::CloudRun,
        BackEnd,
        "in Google Cloud Run: the revision's log, and a container that listens on 0.0.0.0 at $PORT",
    ),
    (Product::AppService, BackEnd, "in Azure App Service: the app, which has to be started, and its log stream"),
    (Product::Openshift, BackEnd, "in OpenShift: the Route, its Service and whether pods behind it are ready"),
    (Product::Ingress, BackEnd, "in Kubernetes: the Ingress, its Service and whether pods behind it are ready"),
    (Product::CloudFoundry, BackEnd, "in Cloud Foundry: cf app and cf logs tell whether an instance runs"),
    (Product::DigitalOcean, BackEnd, "in DigitalOcean App Platform: the component's http_port, its deployment and log"),
    (Product::Linkerd, BackEnd, "in Linkerd: the Service, its pods and their ports"),
    (Product::Tyk, BackEnd, "in Tyk: target_url of the API"),
    (Product::Apigee, BackEnd, "in Apigee: the target endpoint of the API proxy"),
    (Product::Krakend, BackEnd, "in KrakenD: host of the endpoint's backend"),
    (Product::Netscaler, BackEnd, "in NetScaler: the services bound to the virtual server, and their monitors"),
    (Product::Heroku, HostName, "on Heroku: heroku apps and heroku domains:add"),
    (Product::Railway, HostName, "on Railway: Settings, Networking of the service, with a deployment that is active"),
    (Product::Render, HostName, "on Render: Settings, Custom Domains of the service"),
    (Product::Vercel, HostName, "on Vercel: Domains of the project, with a deployment"),
    (Product::Netlify, HostName, "on Netlify: Domain management of the site"),
    (Product::Fly, HostName, "on Fly.io: fly apps list and fly certs add"),
    (Product::CloudFoundry, HostName, "in Cloud Foundry: cf routes and cf map-route, with an app that is started"),
    (Product::Openshift, HostName, "in OpenShift: spec.host of a Route"),
    (
        Product::Ingress,
        HostName,
        "in Kubernetes: host in a rule of an Ingress, with the ingressClassName of this controller",
    ),
    (Product::GithubPages, HostName, "on GitHub Pages: Custom domain of the repository"),
    (Product::DigitalOcean, HostName, "in DigitalOcean App Platform: Domains of the app"),
    (Product::Iis, HostName, "in IIS: a binding of the site for the host name and port"),
    (Product::Nginx, HostName, "in nginx: server_name of a server block"),
    (Product::Openresty, HostName, "in nginx: server_name of a server block"),
    (Product::Apache, HostName, "in Apache: ServerName or ServerAlias of a VirtualHost"),
    (Product::Fastly, HostName, "in Fastly: Domains of the service"),
    (Product::Apigee, HostName, "in Apigee: the hostnames of the environment group and the base path of the API proxy"),
    (Product::CloudRun, HostName, "in Google Cloud: the domain mapping of the service"),
    (Product::Django, HostName, "in Django: ALLOWED_HOSTS"),
    (Product::Rails, HostName, "in Rails: config.hosts"),
    (Product::Vite, HostName, "in Vite: server.allowedHosts"),
    (Product::Webpack, HostName, "in webpack: devServer.allowedHosts"),
    (Product::Kestrel, HostName, "in ASP.NET Core: AllowedHosts"),
    (Product::Cloudflare, Rate, "in Cloudflare: Security, WAF, Rate limiting rules"),
    (Product::Nginx, Rate, "in nginx: limit_req and limit_conn"),
    (Product::Openresty, Rate, "in nginx: limit_req and limit_conn"),
    (Product::Haproxy, Rate, "in HAProxy: the rule with deny_status 429 and its stick-table"),
    (Product::Kong, Rate, "in Kong: the plugin rate-limiting"),
    (Product::Envoy, Rate, "in Envoy or Istio: the filters local_ratelimit and ratelimit"),
    (Product::ApiGateway, Rate, "in Amazon API Gateway: throttling of the stage, usage plan"),
    (Product::Traefik, Rate, "in Traefik: the middleware RateLimit"),
    (
        Product::CloudRun,
        Rate,
        "in Google Cloud Run: maximum instances and concurrency, as each open WebSocket takes a place",
    ),
    (Product::Cloudfront, Rate, "in AWS WAF: the rate-based rule"),
    (Product::Apisix, Rate, "in APISIX: the plugins limit-req and limit-count"),
    (Product::Apigee, Rate, "in Apigee: the policies SpikeArrest and Quota"),
    (Product::Akamai, Rate, "in Akamai: Rate Controls"),
    (Product::Envoy, Credentials, "in Istio: jwtRules of RequestAuthentication; in Envoy: the providers of jwt_authn"),
    (
        Product::Kong,
        Credentials,
        "in Kong: the plugin jwt, and a consumer's JWT credential whose key is the token's iss",
    ),
    (
        Product::ApiGateway,
        Credentials,
        "in Amazon API Gateway: the authorizer, its issuer, audience and identity source",
    ),
    (Product::Nginx, Credentials, "in nginx: auth_request, auth_basic or auth_jwt in the location of the path"),
    (
        Product::Openresty,
        Credentials,
        "in nginx: auth_request, auth_basic or access_by_lua in the location of the path",
    ),
    (Product::Apisix, Credentials, "in APISIX: the plugin jwt-auth or openid-connect of the route"),
    (Product::AppService, HostName, "in Azure App Service: Custom domains of the app"),
    (Product::Apigee, Credentials, "in Apigee: the policy VerifyJWT or OAuthV2 of the API proxy"),
    (Product::Tyk, Rules, "in Tyk: the access rights of the key or its policy"),
    (Product::Tyk, Credentials, "in Tyk: the authentication of the API"),
    (
        Product::CloudRun,
        Rules,
        "in Google Cloud Run: allow unauthenticated invocations, the role run.invoker for allUsers",
    ),
    (Product::Envoy, Rules, "in Istio: AuthorizationPolicy; in Envoy: the RBAC filter"),
    (Product::Django, Forgery, "in Django: CSRF_TRUSTED_ORIGINS, or csrf_exempt for the API"),
    (Product::Laravel, Forgery, "in Laravel: routes/api.php, or the list of exceptions of VerifyCsrfToken"),
    (Product::Spring, Forgery, "in Spring Security: csrf().ignoringRequestMatchers"),
    (Product::Rails, Forgery, "in Rails: protect_from_forgery with: :null_session for the API"),
    (Product::ApiGateway, Timeout, "in Amazon API Gateway: 29 s for an integration unless a quota is raised"),
    (Product::Nginx, Path, "in nginx: proxy_pass without a path behind the host, or rewrite"),
    (Product::Traefik, Path, "in Traefik: the middlewares StripPrefix, AddPrefix and ReplacePath"),
    (Product::Nginx, Rules, "in nginx: allow, deny and return in the location of the path"),
    (Product::Kong, Rules, "in Kong: the plugins acl and ip-restriction"),
    (Product::Alb, Rules, "in AWS: the listener's rules, and the sampled requests of AWS WAF"),
    (Product::Apisix, Rules, "in APISIX: the plugins ip-restriction and consumer-restriction"),
    (Product::Cloudflare, Rules, "in Cloudflare: Security, Events shows the rule by the Ray ID"),
    (Product::Cloudfront, Rules, "in AWS WAF: the sampled requests of the distribution's web ACL"),
    (Product::ApiGateway, Rules, "in AWS: the API's resource policy, and the sampled requests of AWS WAF"),
    (Product::FrontDoor, Rules, "in Azure: the log of the WAF policy, which has the reference on the page"),
    (Product::AppGateway, Rules, "in Azure: the firewall log of the Application Gateway's WAF policy"),
    (Product::Akamai, Rules, "in Akamai: Security Center finds the reference number of the page"),
    (Product::Apache, Rules, "in Apache: Require, or ModSecurity's audit log and SecRuleRemoveById"),
    (Product::F5, Rules, "in BIG-IP: the event log of the security policy, by the support ID"),
    (Product::Imperva, Rules, "in Imperva: the events, by the incident ID"),
    (Product::Sucuri, Rules, "in Sucuri: Access Control and the audit trail"),
    (Product::Haproxy, Rules, "in HAProxy: the http-request deny rule"),
    (Product::Kong, ApiKey, "in Kong: the plugin key-auth"),
    (Product::ApiGateway, ApiKey, "in Amazon API Gateway: API key required"),
    (Product::Nginx, Length, "in nginx: large_client_header_buffers"),
    (Product::Openresty, Length, "in nginx: large_client_header_buffers"),
    (
        Product::Iis,
        Length,
        "in IIS: maxQueryString, maxUrl and headerLimits of request filtering; in HTTP.sys: MaxFieldLength",
    ),
    (Product::Apache, Length, "in Apache: LimitRequestLine and LimitRequestFieldSize"),
    (Product::Haproxy, Length, "in HAProxy: tune.bufsize"),
    (Product::Envoy, Length, "in Envoy: max_request_headers_kb"),
    (Product::Express, Length, "in Node: --max-http-header-size"),
    (Product::Kestrel, Length, "in Kestrel: MaxRequestLineSize and MaxRequestHeadersTotalSize"),
    (Product::Tomcat, Length, "in Tomcat: maxHttpHeaderSize of the connector"),
    (Product::Jetty, Length, "in Jetty: requestHeaderSize"),
    (Product::Gunicorn, Length, "in gunicorn: --limit-request-line and --limit-request-field_size"),
    (Product::Cloudflare, Tunnel, "in Cloudflare: cloudflared"),
    (Product::Ngrok, Tunnel, "in ngrok: its agent, and the program at the port that the tunnel leads to"),
    (Product::Ingress, Path, "in Kubernetes: the annotation rewrite-target of the Ingress"),
];

impl Product {
    /// Where in it `setting` is, if that is known.
    pub fn setting(self, setting: Setting) -> Option<&'static str> {
        SETTINGS.iter().find(|(product, of, _)| *product == self && *of == setting).map(|(.., words)| *words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Side;
    use strum::IntoEnumIterator;

    #[test]
    fn each_gateway_that_has_servers_behind_it_says_where_they_are() {
        let without = [Product::S3, Product::GithubPages, Product::Datadome, Product::Anubis];
        for product in Product::iter().filter(|product| product.side() == Side::Gateway && !product.is_sign_on()) {
            assert_eq!(product.setting(Setting::BackEnd).is_none(), without.contains(&product), "{product}");
        }
        assert_eq!(Product::Squid.setting(Setting::BackEnd), None);
    }
}
