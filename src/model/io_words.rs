//! What the system says of an error, for people.

use std::io;

/// The words for `error`: the same on every system where its kind is known, else the system's own. Without its number, which
/// helps nobody.
pub fn io_words(error: &io::Error) -> String {
    use io::ErrorKind as E;
    if cfg!(unix) {
        return without_number(&error.to_string());
    }
    // Windows speaks the language of its user, in sentences.
    let words = match (error.raw_os_error(), error.kind()) {
        (Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION), _) => "another program uses it",
        (None, _) => return error.to_string(),
        (_, E::NotFound) => "No such file or directory",
        (_, E::PermissionDenied) => "Permission denied",
        (_, E::AlreadyExists) => "File exists",
        (_, E::NotADirectory) => "Not a directory",
        (_, E::IsADirectory) => "Is a directory",
        (_, E::DirectoryNotEmpty) => "Directory not empty",
        (_, E::StorageFull) => "No space left on device",
        (_, E::ReadOnlyFilesystem) => "Read-only file system",
        (_, E::InvalidFilename) => "File name not allowed",
        (_, E::AddrInUse) => "Address already in use",
        (_, E::AddrNotAvailable) => "Cannot assign requested address",
        (_, E::ConnectionRefused) => "Connection refused",
        (_, E::ConnectionReset) => "Connection reset by peer",
        (_, E::ConnectionAborted) => "Connection aborted",
        (_, E::BrokenPipe) => "Broken pipe",
        (_, E::TimedOut) => "Connection timed out",
        _ => return without_number(&error.to_string()).trim_end_matches('.').to_owned(),
    };
    words.to_owned()
}

/// Somebody else has opened a file, for himself alone.
pub const ERROR_SHARING_VIOLATION: i32 = 32;
/// Somebody else has locked a part of a file.
const ERROR_LOCK_VIOLATION: i32 = 33;

/// `text` without the numbers that Rust writes behind the words of the system.
pub fn without_number(text: &str) -> String {
    const BEGIN: &str = " (os error ";
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        kept.push_str(before);
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '-';
        match after.trim_start_matches(is_digit).strip_prefix(')') {
            Some(behind) if after.starts_with(is_digit) => rest = behind,
            _ => {
                kept.push_str(BEGIN);
                rest = after;
            }
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_without_its_number() {
        let missing = std::fs::metadata("no such file").unwrap_err();
        assert!(missing.to_string().contains("(os error "), "{missing}");
        assert_eq!(io_words(&missing), "No such file or directory");
        assert_eq!(io_words(&io::Error::other("it is a folder")), "it is a folder");
        assert_eq!(without_number("x (os error 11002)"), "x");
        assert_eq!(without_number("a (os error 98); b (os error -2)"), "a; b");
        assert_eq!(without_number("x (os error none) (os error "), "x (os error none) (os error ");
        assert!(!io_words(&io::Error::from_raw_os_error(11_002)).contains("os error"));
    }
}
