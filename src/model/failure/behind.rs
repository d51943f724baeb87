//! Who gave an answer.

use super::answer::status_text;
use super::product_names::{NEAR_THE_USER, Names, OF_THE_SERVICE, SAYINGS};
use super::{Answer, BodyKind, Hint, Product, Side};
use crate::model::SafeText;

impl Answer {
    /// Whether a storage of files gave it, behind a CDN or not, and no program.
    pub fn is_of_storage(&self) -> bool {
        self.header("server").is_some_and(|server| OF_THE_SERVICE.first_in(server) == Some(Product::S3))
            || self.hints().has(Hint::Storage)
    }
}

impl Answer {
    /// Whether a gateway that passes requests on answered one without asking anybody: KrakenD shows no words of what is behind it.
    fn is_krakends_own(&self) -> bool {
        self.has_header("x-krakend") && self.body.kind == BodyKind::Empty
    }

    /// Whether a platform that runs many services says so itself, with a header that it puts on nothing that a program answered.
    pub fn is_of_platform(&self) -> bool {
        ["x-render-routing", "x-railway-fallback", "x-cf-routererror", "ngrok-error-code"]
            .into_iter()
            .any(|name| self.has_header(name))
    }
}

impl Product {
    /// Who gave `answer`, as far as headers and page name somebody: who stands nearer to the user comes first. What nobody put a
    /// name on is told by its words.
    pub fn behind(answer: &Answer) -> Option<Self> {
        let headers = ["via", "server", "x-powered-by"].map(|name| answer.header(name).unwrap_or_default());
        let named = |names: &Names| headers.iter().find_map(|header| names.first_in(header));
        named(&NEAR_THE_USER)
            .or(answer.body.names)
            .or_else(|| Self::by_own_header(answer))
            .or_else(|| named(&OF_THE_SERVICE))
            .or_else(|| Self::by_words(answer))
    }

    /// Who wrote `answer`, as its words show, else who gave it: a gateway puts its name on what others wrote.
    pub fn author(answer: &Answer) -> Option<Self> {
        Self::by_words(answer).or_else(|| Self::behind(answer))
    }

    /// The gateway of the service's that wrote `answer` itself, and did not pass it on.
    pub fn itself(answer: &Answer) -> Option<Self> {
        let by_words = Self::by_words(answer).filter(|product| product.side() == Side::Gateway);
        let signed = Self::signed(answer).filter(|product| product.side() == Side::Gateway);
        // All others put their name on what they pass on, too.
        let is_its_own = |product: Self| {
            matches!(product, Self::ApiGateway | Self::Kong | Self::Alb | Self::AppGateway)
                || answer.is_of_platform()
                || answer.is_krakends_own()
                || answer.own_number().is_some()
                || product == Self::Envoy && !answer.has_header("x-envoy-upstream-service-time")
                || product.is_named_on_bare_page(answer)
        };
        by_words.or_else(|| signed.filter(|product| is_its_own(*product)))
    }

    /// Whether `answer` is a page that has the name of the status, its own name, and nothing else.
    fn is_named_on_bare_page(self, answer: &Answer) -> bool {
        let letters =
            |text: &str| text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect::<String>();
        let title = answer.body.title.as_ref().map_or("", SafeText::as_str);
        let text = letters(answer.body.excerpt.as_ref().map_or("", SafeText::as_str));
        let named = |names: &[(&'static str, Self)]| {
            names.iter().filter(|(_, product)| *product == self).map(|(name, _)| letters(name)).collect::<Vec<_>>()
        };
        let mut rest = text.replace(&letters(title), "").replace(&letters(status_text(answer.status)), "");
        let is_of_status = title.starts_with(&answer.status.to_string());
        let names = named(&Self::OF_THE_SERVICE);
        let name = names.iter().find(|name| rest.contains(&***name));
        let is_named = name.is_some();
        rest = name.map_or_else(|| rest.clone(), |name| rest.replace(name, ""));
        // The system that it runs on may stand beside the name.
        is_of_status && is_named && rest.len() <= Self::SYSTEM
    }

    /// Letters of the name of a system.
    const SYSTEM: usize = 8;

    /// Who says so, and nobody else.
    fn by_words(answer: &Answer) -> Option<Self> {
        let mut words = [&answer.body.title, &answer.body.excerpt].into_iter().flatten();
        words.find_map(|words| SAYINGS.first_in(words.as_str())).filter(|_| answer.body.names.is_none())
    }

    /// Who signed `answer`: with the header `Server`, with a page, or with a header of its own. What `Via` and
    /// `X-Powered-By` say of others is not looked at.
    pub fn signed(answer: &Answer) -> Option<Self> {
        let server = answer.header("server").unwrap_or_default();
        let named = |names: &Names| names.first_in(server);
        named(&NEAR_THE_USER)
            .or(answer.body.names)
            .or_else(|| Self::by_own_header(answer))
            .or_else(|| named(&OF_THE_SERVICE))
    }

    /// Whose header is there, whatever its value.
    fn by_own_header(answer: &Answer) -> Option<Self> {
        let headers = [
            // Render and DigitalOcean have Cloudflare before them.
            ("x-render-routing", Self::Render),
            ("x-do-app-origin", Self::DigitalOcean),
            ("x-datadome", Self::Datadome),
            ("x-goog-iap-generated-response", Self::Iap),
            ("x-fastly-request-id", Self::Fastly),
            ("x-varnish", Self::Varnish),
            ("cf-ray", Self::Cloudflare),
            ("cf-mitigated", Self::Cloudflare),
            ("x-amzn-errortype", Self::ApiGateway),
            ("x-amz-cf-pop", Self::Cloudfront),
            ("x-azure-ref", Self::FrontDoor),
            ("x-iinfo", Self::Imperva),
            ("x-sucuri-id", Self::Sucuri),
            ("fly-request-id", Self::Fly),
            ("x-railway-fallback", Self::Railway),
            ("x-vercel-error", Self::Vercel),
            ("x-nf-request-id", Self::Netlify),
            ("ngrok-error-code", Self::Ngrok),
            ("x-cf-routererror", Self::CloudFoundry),
            ("l5d-proxy-error", Self::Linkerd),
            ("x-krakend", Self::Krakend),
            ("x-apigee-fault-code", Self::Apigee),
        ];
        // Fastly calls itself Varnish elsewhere.
        let is_fastlys = answer.header("x-served-by").is_some_and(|server| server.starts_with("cache-"));
        let named = headers.into_iter().find(|(name, _)| answer.has_header(name)).map(|(_, product)| product);
        named.or(is_fastlys.then_some(Self::Fastly))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answered_is_told_by_headers_and_pages() {
        let behind = |headers: &[(&str, &str)], body| Product::behind(&Answer::of_text(403, headers, body));
        for (headers, body, expected) in [
            (&[("server", "nginx/1.25")][..], "", Some(Product::Nginx)),
            (&[("server", "istio-envoy")], "", Some(Product::Envoy)),
            (&[("server", "cloudflare"), ("cf-ray", "8c1")], "", Some(Product::Cloudflare)),
            (&[("server", "nginx"), ("via", "1.1 proxy.corp (squid/5.7)")], "", Some(Product::Squid)),
            (&[], "<html><p>Protected by Zscaler", Some(Product::Zscaler)),
            (&[("server", "Cowboy"), ("via", "1.1 vegur")], "", Some(Product::Heroku)),
            (&[("server", "Cowboy")], "", Some(Product::Cowboy)),
            (&[("via", "1.1 google")], "", Some(Product::GoogleFrontend)),
            (&[("x-powered-by", "Express")], "", Some(Product::Express)),
            (&[("via", "1.1 varnish"), ("x-served-by", "cache-fra-1-FRA")], "", Some(Product::Fastly)),
            (&[("via", "1.1 varnish (Varnish/7.1)"), ("x-varnish", "3")], "", Some(Product::Varnish)),
            (&[("server", "AmazonS3")], "", Some(Product::S3)),
            (&[("server", "BigIP")], "", Some(Product::F5)),
            (&[("server", "our-own")], "<html>nginx", None),
            (&[("server", "reset by peer")], "<html>preset", None),
        ] {
            assert_eq!(behind(headers, body), expected, "{headers:?} {body}");
        }
        let signed = |headers: &[(&str, &str)], body| Product::signed(&Answer::of_text(403, headers, body));
        assert_eq!(signed(&[("via", "1.1 proxy.corp (squid/5.7)"), ("x-powered-by", "Express")], ""), None);
        assert_eq!(signed(&[("server", "nginx"), ("via", "squid")], ""), Some(Product::Nginx));
        assert_eq!(signed(&[("cf-ray", "8c1")], ""), Some(Product::Cloudflare));
        assert_eq!((Product::Zscaler.side(), Product::Envoy.side()), (Side::User, Side::Gateway));
        assert_eq!(Product::Daphne.side(), Side::Application);
    }
}
