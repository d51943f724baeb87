//! The numbers with which gateways name their own errors more exactly than HTTP's statuses do.

use super::product_names::spaced;
use super::{Answer, Product};
use crate::model::SafeText;

/// A number of a gateway's own, which shows that the gateway itself answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnNumber {
    /// One of Cloudflare's 1xxx errors: `error code: 1020`.
    Cloudflare(u16),
    /// The sub-status of IIS behind the status: the 15 of `404.15`.
    Iis(u16),
}

impl Answer {
    /// The number with which the gateway that gave it names its own error.
    pub fn own_number(&self) -> Option<OwnNumber> {
        let texts = || [&self.body.title, &self.body.excerpt].into_iter().flatten().map(SafeText::as_str);
        let server = self.header("server").unwrap_or_default().to_ascii_lowercase();
        if self.has_header("cf-ray") || server == "cloudflare" {
            return texts().find_map(cloudflares).map(OwnNumber::Cloudflare);
        }
        let is_iis = Product::signed(self) == Some(Product::Iis) || texts().any(|text| text.starts_with("IIS "));
        is_iis.then(|| texts().find_map(|text| sub_status(text, self.status)).map(OwnNumber::Iis))?
    }
}

/// The number behind `error code` or `error`, if it is one of Cloudflare's.
fn cloudflares(text: &str) -> Option<u16> {
    let text = spaced(text);
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        if word == "error" {
            words.next_if(|next| *next == "code");
            let number = words.peek().and_then(|word| word.parse().ok()).filter(|number| (1000..1300).contains(number));
            if number.is_some() {
                return number;
            }
        }
    }
    None
}

/// The number behind `status` and a full stop.
fn sub_status(text: &str, status: u16) -> Option<u16> {
    let status = format!("{status}.");
    let mut words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.find_map(|word| word.strip_prefix(&*status)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateways_own_number_is_read_from_its_answers_alone() {
        let cloudflare = [("server", "cloudflare"), ("cf-ray", "8c1")];
        let iis = [("server", "Microsoft-IIS/10.0"), ("content-type", "text/html")];
        let passed_on = [("server", "nginx")];
        for (status, headers, body, expected) in [
            (403, &cloudflare[..], "error code: 1034", Some(OwnNumber::Cloudflare(1034))),
            (
                403,
                &cloudflare,
                "<html><title>Access denied</title>Error 1020 Ray ID: 8",
                Some(OwnNumber::Cloudflare(1020)),
            ),
            (403, &cloudflare, r#"{"error_code":1015,"title":"Rate limited"}"#, Some(OwnNumber::Cloudflare(1015))),
            (403, &cloudflare, "error code: 7003", None),
            (403, &cloudflare, "order 1020 is gone", None),
            (403, &passed_on, "error code: 1020", None),
            (404, &iis, "<title>IIS 10.0 Detailed Error - 404.15 - Not Found</title>", Some(OwnNumber::Iis(15))),
            (404, &iis, "<title>404 - File not found.</title>", None),
            (404, &passed_on, "version 404.15", None),
        ] {
            assert_eq!(Answer::of_text(status, headers, body).own_number(), expected, "{body}");
        }
    }
}
