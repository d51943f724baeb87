//! What secrets are called.

/// Words in the names of fields and parameters whose values are secret.
const NAMES: [&str; 23] = [
    "apikey",
    "api_key",
    "api-key",
    "assertion",
    "auth",
    "bearer",
    "code",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "key",
    "nonce",
    "otp",
    "pass",
    "pin",
    "pwd",
    "secret",
    "session",
    "sig",
    "sid",
    "ticket",
    "token",
];

/// Whether what has this name, of a field, parameter or header, is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// Whether what has this name is what a person would type, whatever it is: a word or a number.
pub fn is_password_name(name: &str) -> bool {
    const NAMES: [&str; 5] = ["pass", "pwd", "secret", "otp", "pin"];
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        NAMES.contains(&word) || ["passw", "passcode", "passphrase", "secret"].iter().any(|part| word.contains(part))
    })
}
