//! Who gave an answer.

use super::product::find;
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
            .or_else(|| {
                let has = |name| answer.has_header(name);
                (has("cf-ray") || has("cf-mitigated"))
                    .then_some(Self::Cloudflare)
                    .or_else(|| has("x-amzn-errortype").then_some(Self::ApiGateway))
                    .or_else(|| has("x-amz-cf-pop").then_some(Self::Cloudfront))
                    .or_else(|| has("x-azure-ref").then_some(Self::FrontDoor))
                    .or_else(|| has("x-iinfo").then_some(Self::Imperva))
                    .or_else(|| has("x-sucuri-id").then_some(Self::Sucuri))
            })
            .or_else(|| named(&Self::OF_THE_SERVICE))
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
        assert_eq!((Product::Zscaler.side(), Product::Envoy.side()), (Side::User, Side::Gateway));
        assert_eq!(Product::Daphne.side(), Side::Application);
    }
}
