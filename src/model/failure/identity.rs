//! Why the client's own certificate is of no use.

use std::fmt;

use super::IoCause;

/// Why a file with the client's own certificate (PKCS#12, RFC 7292) is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityFault {
    /// It cannot be read.
    Unreadable {
        /// Why.
        cause: IoCause,
    },
    /// It is no such file.
    NotPkcs12,
    /// It does not open with the password that was given.
    WrongPassword,
    /// It is encrypted in a way that is not known here.
    UnknownEncryption,
    /// There is no private key with a certificate in it.
    NoKey,
    /// Key and certificate do not fit each other, or the key is of a kind that TLS does not know.
    Unfit,
}

impl fmt::Display for IdentityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { cause } => write!(f, "it cannot be read: {cause}"),
            Self::NotPkcs12 => f.write_str("it is no PKCS#12 file (.p12, .pfx)"),
            Self::WrongPassword => f.write_str("it does not open with the password that was given"),
            Self::UnknownEncryption => {
                f.write_str("it is encrypted in a way that Ticketscope does not know; export it anew with AES")
            }
            Self::NoKey => f.write_str("there is no private key with its certificate in it"),
            Self::Unfit => f.write_str("its key does not fit its certificate, or is of a kind that TLS does not know"),
        }
    }
}
