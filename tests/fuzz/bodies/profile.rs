//! Profiles, as somebody writes them.

use ticketscope::model::Profile;

/// The bytes are a file.
pub fn body(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Profile::from_toml(text) {
        Ok(profile) => {
            let written = toml::to_string(&profile).expect("a profile can be written");
            assert_eq!(Profile::from_toml(&written).as_ref(), Ok(&profile), "{written}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
