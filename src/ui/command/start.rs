//! The start page, and what leads from it into a session.

use super::super::page::{Page, Purpose};
use super::super::playback::control;
use super::super::profiles::Beginning;
use super::super::start;
use super::super::state::{Overlay, State};
use super::Row;
use crate::model::Browser;
use crate::view::request;

/// Something to ask for on the start page, or to get there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum StartCommand {
    /// Show the start page; a session goes on meanwhile.
    #[default]
    Page,
    /// Show the session again.
    Leave,
    /// Connect to the demo.
    Demo,
    /// Say no more that this is the demo, but for the badge.
    KeepDemo,
    /// Make a profile.
    NewProfile,
    /// Check the profile at this place.
    #[strum(disabled)]
    Check(usize),
    /// Connect with the profile at this place.
    #[strum(disabled)]
    Connect(usize),
    /// Copy what a user of this browser is to send, and how to make it.
    #[strum(disabled)]
    CopySteps(Browser),
    /// Open the file at this place among those that were looked at last.
    #[strum(disabled)]
    Open(usize),
}

impl StartCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let elsewhere = (state.page == Page::Start).then_some("It is shown already");
        let demo = state.profiles.all.iter().position(|profile| profile.is_local_demo());
        match self {
            Self::Page => Row::new("Start page", "Choose anew what to look at; the session goes on meanwhile", |cx| {
                start::show_page(cx.state, cx.waker);
            })
            .unless(elsewhere),
            Self::Leave => Row::new("Back to the session", "Show the session again", |cx| {
                cx.state.page = Page::Session;
            })
            .unless((state.page == Page::Session).then_some("It is shown already")),
            Self::Demo => {
                let explanation = "Connect to a server inside this program, which can be broken in every way";
                Row::new("Start the demo", explanation, move |cx| {
                    if let Some(place) = demo {
                        start::use_profile(cx.state, place, Purpose::Connect);
                    }
                })
                .unless(demo.is_none().then_some("The profiles are not read yet"))
            }
            Self::KeepDemo => {
                let explanation = "Say no more how to go on; the badge stays";
                Row::new("Go on with the demo", explanation, |cx| cx.state.start.has_demo_banner = false)
                    .unless((!state.start.has_demo_banner).then_some("Nothing asks for it"))
            }
            Self::NewProfile => {
                let explanation = "Make a profile: from a preset, from an address, or as a copy";
                Row::new("New profile…", explanation, |cx| {
                    cx.state.overlay = Some(Overlay::Profiles);
                    cx.state.files.begin(Beginning::Preset(0));
                })
            }
            Self::Check(place) => {
                let explanation = "Check every part of the way once, and say what is wrong";
                Row::new("Check the service", explanation, move |cx| {
                    start::use_profile(cx.state, place, Purpose::Check);
                })
            }
            Self::Connect(place) => Row::new("Connect to it", "Begin a session with this profile", move |cx| {
                start::use_profile(cx.state, place, Purpose::Connect);
            }),
            Self::CopySteps(browser) => {
                let explanation = "Copy what to ask the user for, with the steps for this browser";
                Row::new("Copy what to ask for", explanation, move |cx| cx.copy(request(browser)))
            }
            Self::Open(place) => Row::new("Open it again", "Show this file", move |cx| {
                if let Some(path) = start::recent(cx.state).get(place).map(|recent| recent.path.clone()) {
                    control::open_chosen(cx.state, &path, cx.waker);
                }
            }),
        }
    }
}
