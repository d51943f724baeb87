//! Who gave an answer.

use super::product_names::find;
use super::{Answer, Hint, Product};

impl Answer {
    /// Whether a storage of files gave it, behind a CDN or not, and no program.
    pub fn is_of_storage(&self) -> bool {
        self.header("server").is_some_and(|server| find(&[("amazons3", Product::S3)], server).is_some())
            || self.hints().has(Hint::Storage)
    }
}

impl Product {
    /// Who gave `answer`, as far as headers and page name somebody: who stands nearer to the user comes first.
    pub fn behind(answer: &Answer) -> Option<Self> {
        let headers = ["via", "server", "x-powered-by"].map(|name| answer.header(name).unwrap_or_default());
        let named = |names: &[(&str, Self)]| headers.iter().find_map(|header| find(names, header));
        named(&Self::NEAR_THE_USER)
            .or(answer.body.names)
            .or_else(|| Self::by_own_header(answer))
            .or_else(|| named(&Self::OF_THE_SERVICE))
    }

    /// Who signed `answer`: with the header `Server`, with a page, or with a header of its own. What `Via` and
    /// `X-Powered-By` say of others is not looked at.
    pub fn signed(answer: &Answer) -> Option<Self> {
        let server = answer.header("server").unwrap_or_default();
        let named = |names: &[(&str, Self)]| find(names, server);
        named(&Self::NEAR_THE_USER)
            .or(answer.body.names)
            .or_else(|| Self::by_own_header(answer))
            .or_else(|| named(&Self::OF_THE_SERVICE))
    }

    /// Whose header is there, whatever its value.
    fn by_own_header(answer: &Answer) -> Option<Self> {
        let headers = [
            // Render has Cloudflare before it.
            ("x-render-routing", Self::Render),
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
        ];
        headers.into_iter().find(|(name, _)| answer.has_header(name)).map(|(_, product)| product)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Side;

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
