//! Documented services, each as a profile in `services/`: what the language must be able to say. Those with a number are of a
//! survey of 36.
//!
//! Two are written down as far as a profile goes: Incus/LXD with OIDC's bearer instead of a client certificate; Apache
//! Guacamole, whose instructions are no JSON, with `text`.

use std::collections::BTreeSet;
use std::fs;

use ticketscope::model::Profile;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/presets/services");

#[test]
fn all_thirty_six_services_and_forty_four_others_can_be_written_down() {
    let mut numbers = BTreeSet::new();
    let mut others = 0;
    for file in fs::read_dir(FOLDER).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let profile = Profile::from_toml(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(profile.service.is_some(), "{}", path.display());
        let again = toml::to_string(&profile).unwrap();
        let again = Profile::from_toml(&again).unwrap_or_else(|error| panic!("{}: {error}\n{again}", path.display()));
        assert_eq!(again, profile, "{}", path.display());
        match path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap().parse::<u8>() {
            Ok(number) => assert!(numbers.insert(number), "{number} twice"),
            Err(_) => others += 1,
        }
    }
    let left_out: Vec<_> = (1..=36).filter(|number| !numbers.contains(number)).collect();
    assert_eq!((left_out, others), (Vec::<u8>::new(), 44));
}
