//! What the numbers mean with which gateways name their own errors: Cloudflare's 1xxx errors and the sub-statuses of IIS, as the
//! documentation of both has them.

use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::findings::address;
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::problem::Owner;
use crate::model::failure::OwnNumber;

/// What the number in `refused` means, if its gateway names one.
pub fn explained(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    Some(match refused.answer.own_number()? {
        OwnNumber::Cloudflare(number) => of_cloudflare(number),
        OwnNumber::Iis(part) => of_iis(refused, part, context),
    })
}

/// What one of Cloudflare's 1xxx errors means.
fn of_cloudflare(number: u16) -> Explanation {
    use Owner::{Developers, Operations, ProfileAuthor};
    let of_dns = "Operations can correct the host name's DNS record at Cloudflare, which names the server behind it.";
    let of_worker = "The developers can see in the log of that Worker (in Cloudflare: Workers, Logs) why it failed.";
    let of_rewrite = "Operations can correct that rule (in Cloudflare: Rules, Transform Rules).";
    let (owner, why, next) = match number {
        1000 | 1002 => (
            Operations,
            "the host name's DNS record leads to an address that Cloudflare does not allow, such as its own",
            of_dns,
        ),
        1001 | 1004 | 1018 | 1023 => (
            Operations,
            "Cloudflare does not know the host name, or it is not set up there to be served (any more)",
            "Operations can set the host name up at Cloudflare, with a DNS record that is proxied; after a change it takes some minutes.",
        ),
        1003 => (
            ProfileAuthor,
            "it was asked by its IP address, and serves host names alone",
            "Whoever wrote the profile can write the host name instead of the address; operations, if a gateway asks Cloudflare so.",
        ),
        1006..=1008 => (
            Operations,
            "a rule blocks this IP address",
            "Operations can take the address out of the rule (in Cloudflare: Security, Events shows it by the Ray ID).",
        ),
        1009 => (
            Operations,
            "a rule blocks the country or region that this IP address is in",
            "Operations can exempt the service's paths, or that country, from the rule (in Cloudflare: Security, WAF); a VPN of the \
             user's may be in another country than the user.",
        ),
        1010 => (
            Operations,
            "it takes the client for a robot, by the headers that the client sends (Browser Integrity Check): a browser may get \
             through where Ticketscope does not",
            "Operations can exempt the service's paths from that check (in Cloudflare: a configuration rule with Browser Integrity \
             Check off).",
        ),
        1011 => (
            Operations,
            "its protection from hotlinks refuses the request, by its Referer",
            "Operations can exempt the service's paths from it (in Cloudflare: Scrape Shield, Hotlink Protection).",
        ),
        1012 => (
            Operations,
            "it takes this IP address, or the computer behind it, for one that attacks",
            "Operations can exempt the service's paths from that rule (in Cloudflare: Security, Events shows it by the Ray ID); the \
             user's IT can look whether a computer of the network is infected.",
        ),
        1013 => (
            Operations,
            "TLS and the request name different hosts (SNI and Host)",
            "Operations can see whether a gateway before Cloudflare changes the Host header; the user's IT, if a proxy of the user's \
             network does.",
        ),
        1014 => (
            Operations,
            "the host name's DNS record (CNAME) leads to a name in somebody else's account at Cloudflare",
            "Operations can set the host name up in the account of that name (Cloudflare for SaaS), or correct the record.",
        ),
        1015 => (
            Operations,
            "its limit of requests is reached for this IP address",
            "Operations can raise that limit, or exempt the service's paths from it (in Cloudflare: Security, WAF, Rate limiting rules).",
        ),
        1016 => {
            (Operations, "it does not find the server behind it: there is no address for its name (origin DNS)", of_dns)
        }
        1019 => (Developers, "a Worker calls itself in a loop", of_worker),
        1020 => (
            Operations,
            "a rule of its firewall blocks this address, country or program, or takes the request for an attack",
            "Operations can look up the rule (in Cloudflare: Security, Events shows it by the Ray ID) and exempt the service's paths \
             from it.",
        ),
        1025 | 1027 => (
            Operations,
            "the requests that the service's plan of Cloudflare Workers has for a day are used up",
            "Operations can change the plan (in Cloudflare: Workers, Plans); the free one begins anew at 00:00 UTC.",
        ),
        1033 => (
            Operations,
            "it has no tunnel to the server behind it",
            "Operations can start the tunnel's program beside the server (in Cloudflare: cloudflared).",
        ),
        1034 => (
            Operations,
            "the host name's DNS record leads to an address of Cloudflare's edge that is not for this host (Edge IP Restricted)",
            of_dns,
        ),
        1035..=1041 => {
            (Operations, "a rule that rewrites requests or their headers makes something that is not valid", of_rewrite)
        }
        1101 => (Developers, "a Worker of the service's crashed (its exception was not caught)", of_worker),
        1102 => {
            (Developers, "a Worker of the service's took more processor time or memory than its plan allows", of_worker)
        }
        1104 => (
            Operations,
            "the Worker that a route names is not there",
            "Operations can correct the route, or deploy that Worker.",
        ),
        1200 => (
            Operations,
            "too many requests wait there for the server behind it, which does not answer as fast as they come",
            "Operations can see what keeps the origin server busy, or add capacity.",
        ),
        _ => (
            Operations,
            "it names an error of its own",
            "Operations can look that number up in Cloudflare's documentation (1xxx errors), and the request by its Ray ID (Security, \
             Events).",
        ),
    };
    Explanation::new(owner, format!("Cloudflare itself answered, and no server behind it ({number}): {why}."), next)
}

/// What a sub-status of IIS means.
fn of_iis(refused: &Refused<'_>, part: u16, context: &Context<'_>) -> Explanation {
    use Owner::{Operations, ProfileAuthor};
    let status = refused.answer.status;
    let filtering = |what: &str, setting: &str| {
        (
            Operations,
            format!("its request filtering denies {what}"),
            format!("Operations can allow it for the service's paths (in IIS: Request Filtering, {setting})."),
        )
    };
    let its = |why: &str, next: &str| (Operations, why.to_owned(), next.to_owned());
    let (owner, why, next) = match (status, part) {
        (400, _) => its("the request is not one that it takes", "Operations can look the request up in IIS' log and in HTTPERR."),
        (401, 1..=2 | 5) => its(
            "it wants a login of its own, which is none of the API's, and the way it is set up lets no one in without",
            "Operations can switch Anonymous Authentication on for the API's paths.",
        ),
        (401, 3) => its(
            "the rights of its files refuse the request",
            "Operations can give the application pool's user the right to read the site's files.",
        ),
        (401 | 403, 501..=503) => its(
            "a limit for one IP address is reached, or the address is not among those that it lets in",
            "Operations can raise it or exempt the service's paths (in IIS: Dynamic IP Restrictions, IP Address and Domain \
             Restrictions).",
        ),
        (403, 4 | 5) => (
            ProfileAuthor,
            "it wants TLS at this path".to_owned(),
            "Whoever wrote the profile can fix it: https:// and wss:// instead of http:// and ws://; operations, if a gateway before \
             it ends TLS (Require SSL)."
                .to_owned(),
        ),
        (403, 6 | 8) => its(
            "a rule blocks this IP address or host",
            "Operations can let it in (in IIS: IP Address and Domain Restrictions).",
        ),
        (403, 7 | 12 | 13 | 16 | 17) => return explanation::client_certificate(),
        (403, 9) => its("it has as many clients as it may", "Operations can raise the site's limit of connections."),
        (403, 14) => its(
            "it has a folder at this path and no program: the path is not routed to the API",
            "Operations can route the path to the program (in IIS: a handler or a rewrite rule), or see whether it is deployed there; \
             whoever wrote the profile can check the path.",
        ),
        (403, 1..=3) => its(
            "the folder at this path does not let programs run, or be read",
            "Operations can allow it there (in IIS: Handler Mappings, Feature Permissions).",
        ),
        (403, 18 | 19) => its("the program may not run in its application pool", "Operations can set the application pool of the path."),
        (404, 2) => its(
            "the program is not among those that may run",
            "Operations can allow it (in IIS: ISAPI and CGI Restrictions).",
        ),
        (404, 3 | 4 | 17) => its(
            "it has no handler for the path, and looks for a file there",
            "Operations can install and map what runs the program (in IIS: Handler Mappings; for ASP.NET Core the Hosting Bundle).",
        ),
        (404, 5 | 18 | 19) => filtering(
            "a sequence of characters in the address, such as one in the ticket",
            "Deny sequences and Rules; the developers can let tickets have only letters, digits, - and _",
        ),
        (404, 6) => filtering("the method of the request", "HTTP Verbs"),
        (404, 7) => filtering("what it takes for a file extension in the path", "File Name Extensions"),
        (404, 8 | 9) => filtering("a part of the path, which has the name of a hidden folder", "Hidden Segments"),
        (404, 10) => filtering("a header that is longer than it may be", "Headers and the JWT's length"),
        (404, 11) => filtering(
            "what is percent-encoded twice, or a + in the path",
            "allowDoubleEscaping; the developers can let tickets have only letters, digits, - and _",
        ),
        (404, 12) => filtering("letters beyond ASCII in the address", "allowHighBitCharacters"),
        (404, 13) => filtering("a body as long as the request's", "maxAllowedContentLength"),
        (404, 14 | 15 | 20) => return address::address_too_long(refused, context),
        (500, 11..=12) => its(
            "the application is stopping or starting again",
            "Operations can wait until it has started, and see in the event log why it restarts.",
        ),
        (500, 13) => its("it has more requests than it can take", "Operations can add capacity: the server is overloaded."),
        (500, 19) => its(
            "its configuration for this path is not valid (web.config)",
            "Operations can correct the web.config: the page on the server itself (localhost) names the line; most often a module is \
             missing that the file names.",
        ),
        (500, 21) => its(
            "its configuration names a module that is not installed (web.config)",
            "Operations can install it (for ASP.NET Core: the Hosting Bundle), and restart IIS.",
        ),
        (500, 22..=24) => its(
            "its configuration is for another mode of the application pool (web.config)",
            "Operations can set the managed pipeline mode of the application pool, or migrate the web.config.",
        ),
        (500, 30..=39) | (502, 5) => its(
            "the app behind it crashed at its start (ASP.NET Core Module)",
            "Operations can see in the event log, or in the app's stdout log, why it does not start; the developers may have to fix it.",
        ),
        (500, 50..=53) => its(
            "a rewrite rule failed",
            "Operations can correct the rule (in IIS: URL Rewrite); to pass requests on it needs Application Request Routing.",
        ),
        (502, 1) => its("the program behind it did not answer in time (CGI)", "Operations can see what keeps the program busy."),
        (502, 3 | 4) => its(
            "it has no connection to the server that it passes requests on to (Application Request Routing)",
            "Operations can start that server, or correct its address and port (in IIS: URL Rewrite, Server Farms).",
        ),
        (503, 0) => its(
            "the application pool is stopped",
            "Operations can start it (in IIS: Application Pools) and see in the event log why it stopped.",
        ),
        (503, 2..=4) => its(
            "as many requests wait there as it takes",
            "Operations can raise the limit (appConcurrentRequestLimit, the pool's queueLength), or add capacity.",
        ),
        _ => its(
            "it names an error of its own",
            "Operations can look that number up in the documentation of IIS (HTTP status codes), and the request in its log \
             (sc-substatus).",
        ),
    };
    Explanation::new(owner, format!("IIS itself answered ({status}.{part}): {why}."), next)
}
