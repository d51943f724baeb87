//! What a person wrote into a profile and meant for nobody else: it is left out of recordings and reports, and hidden in what a
//! server repeats.

use zeroize::Zeroizing;

use super::Profile;
use super::address::{HttpUrl, Path, SocketUrl};
use super::literals::Literals;

impl Profile {
    /// The same without what may be a secret that somebody wrote into the file.
    #[must_use]
    pub fn without_literals(&self) -> Self {
        let mut profile = self.clone();
        leave_out(&mut profile, &mut Literals::default());
        profile
    }

    /// The secrets that somebody wrote into the file: those that are called so or look so, and no other words.
    pub fn literal_secrets(&self) -> Vec<Zeroizing<String>> {
        let mut literals = Literals::default();
        leave_out(&mut self.clone(), &mut literals);
        literals.into_secrets()
    }
}

fn leave_out(profile: &mut Profile, literals: &mut Literals) {
    let Profile { api, websocket, endpoints, service, tls, .. } = profile;
    if let Ok(cleaned) = HttpUrl::try_from(literals.address_text(&api.to_string())) {
        *api = cleaned;
    }
    if let Ok(cleaned) = SocketUrl::try_from(literals.address_text(&websocket.to_string())) {
        *websocket = cleaned;
    }
    let health = endpoints.health.iter_mut().map(|health| &mut health.path);
    let paths = [&mut endpoints.token.path, &mut endpoints.ticket.path, &mut endpoints.socket.path];
    for path in paths.into_iter().chain(health) {
        if let Ok(cleaned) = Path::try_from(literals.address_text(&path.to_string())) {
            *path = cleaned;
        }
    }
    if let Some(service) = service {
        let mut cleaned = (**service).clone();
        cleaned.leave_out_literals(literals);
        *service = cleaned.into();
    }
    tls.client_password.iter_mut().for_each(|password| literals.leave_out_of("password", password));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_profile_says_itself_is_in_a_copy_without_literals() {
        const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
        let text = format!(
            "name = 'x'\napi = 'https://api.example.com/t/k9X2mQ7vB4nL8pR1'\n\
             [[ticket]]\npost = '/hooks/{JWT}/t'\nok = {{ '/echo' = '4c1f0e9a7b3d4e5f', '/ok' = true }}\n\
             json = {{ pin = 482913, room = 7 }}\ntake = {{ url = '/url' }}\n\
             [socket]\nurl = '{{{{url}}}}/{JWT}'\n\
             [[hello]]\nexpect = {{ '/type' = 'pusher:connection_established', '/token' = 'hunter22', '/code' = 'no_auth' }}\n\
             [heartbeat]\nevery = '5s'\nsend = 'x'\nexpect = {{ text = '0{{\"token\":\"hunter22\"' }}\n\
             [[answer]]\nwhen = {{ contains = 'k9X2mQ7vB4nL8pR1', '/n' = 5 }}\nsend = 'y'\n\
             [[end]]\nwhen = {{ '/password' = 'swordfish', '/reason' = '{JWT}' }}\nthen = 'stop'\n"
        );
        let profile = Profile::from_toml(&text).unwrap();
        let cleaned = profile.without_literals();
        let written = serde_json::to_string(&cleaned).unwrap();
        for secret in [JWT, "k9X2mQ7vB4nL8pR1", "4c1f0e9a7b3d4e5f", "hunter22", "swordfish", "482913"] {
            assert!(text.contains(secret) && !written.contains(secret), "{secret}: {written}");
        }
        for word in ["pusher:connection_established", "no_auth", "https://api.example.com/t/left-out", "\"/n\":5"] {
            assert!(written.contains(word), "{word}: {written}");
        }
        // It can be read again, as a recording is.
        assert_eq!(serde_json::from_str::<Profile>(&written).unwrap().without_literals(), cleaned);
        let secrets = profile.literal_secrets();
        for secret in [JWT, "k9X2mQ7vB4nL8pR1", "hunter22", "swordfish"] {
            assert!(secrets.iter().any(|known| known.as_str() == secret), "{secret}");
        }
        assert!(!secrets.iter().any(|known| known.contains("established") || known.as_str() == "no_auth"));
    }
}
