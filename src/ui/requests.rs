//! Which request is looked at.

use super::rows::Rows;
use super::state::State;
use super::tab::TabId;
use crate::view::Exchange;

/// What a person chose to look at.
pub struct Requests {
    /// The entry of the request that is looked at; `None` for the newest.
    pub chosen: Option<u64>,
    /// Where the list is scrolled to.
    pub rows: Rows,
    /// Whether the newest is kept in view.
    pub follow: bool,
}

impl Default for Requests {
    fn default() -> Self {
        Self { chosen: None, rows: Rows::default(), follow: true }
    }
}

/// Looks at the request that the journal's entry `seq` belongs to.
pub fn look_at(state: &mut State, seq: u64) {
    let chosen = state.pane.exchanges.at(seq).map(|exchange| exchange.seq);
    let above = chosen.map(|chosen| state.pane.exchanges.before(chosen).count());
    let own = state.own.get_mut::<Requests>();
    (own.chosen, own.follow) = (chosen, false);
    if let Some(row) = above {
        own.rows.center_on(row);
    }
    state.tab = TabId::REQUESTS;
}

/// The request that is looked at: the chosen one, or the newest.
pub fn looked_at(state: &State) -> Option<&Exchange> {
    let until = state.pane.view.next_seq();
    let chosen = state.own.get::<Requests>().and_then(|own| own.chosen);
    let chosen = chosen.and_then(|seq| state.pane.exchanges.before(until).find(|exchange| exchange.seq == seq));
    chosen.or_else(|| state.pane.exchanges.before(until).next_back())
}
