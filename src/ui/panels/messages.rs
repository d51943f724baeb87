//! The list of messages, the switches above it, the message that is looked at, and the field to send one.

use egui::{Align, Align2, FontId, Id, Label, Layout, Rect, Response, RichText, Sense, TextEdit, Ui, pos2, vec2};
use egui::{Key, Modifiers, Role, WidgetInfo};
use strum::IntoEnumIterator as _;

use super::super::button::{Look, button};
use super::super::command::{PanelCommand, Row, UiCommand};
use super::super::mac::COMMAND_ENTER;
use super::super::messages::{MessageFilter, direction, kind, one_line, pane_id, size};
use super::super::paint;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};
use super::super::tokens::Tokens;
use crate::journal::{Direction, Message};
use crate::model::{AttemptId, JsonObject, Timeouts};
use crate::session::Command;

/// Bytes of a payload that can be seen in one row.
const SEEN: usize = 600;

/// From this width on the message that is looked at stands beside the others, else below them.
const WIDE: f32 = 860.0;

const RECORDED: &str = "This is a recording";

/// Lets the list stand still, or go on.
static PAUSE: PanelCommand = PanelCommand {
    name: "pause messages",
    row: |state| {
        let explanation = "Let the list of messages stand still; they are collected all the same";
        let is_paused = state.pane.messages_view.is_paused;
        Row::new("Pause", explanation, move |cx| cx.state.pane.messages_view.is_paused = !is_paused)
            .key(Key::P)
            .unless(state.player.has_recording().then_some(RECORDED))
            .on(is_paused)
    },
};

/// Leaves out the pings, as a browser does, or sends them again.
static PINGS: PanelCommand = PanelCommand {
    name: "no pings",
    row: |state| {
        let snapshot = state.pane.view.snapshot();
        let is_off = snapshot.ping.is_none();
        let usual = snapshot.profile.timeouts.ping.or(Timeouts::default().ping);
        let explanation = "Send no pings in this session, as a browser: what cuts a silent connection shows, and a dead \
                           link is found out late";
        Row::new("Ping: as a browser (none)", explanation, move |cx| {
            cx.send(Command::SetPing(if is_off { usual } else { None }));
        })
        .unless(state.player.has_recording().then_some(RECORDED))
        .on(is_off)
    },
};

/// Show or hide messages of a sort.
static FILTERS: [PanelCommand; 5] = [
    PanelCommand { name: "messages in", row: |state| row_of_filter(state, MessageFilter::Received) },
    PanelCommand { name: "messages out", row: |state| row_of_filter(state, MessageFilter::Sent) },
    PanelCommand { name: "text messages", row: |state| row_of_filter(state, MessageFilter::Text) },
    PanelCommand { name: "binary messages", row: |state| row_of_filter(state, MessageFilter::Binary) },
    PanelCommand { name: "heartbeats", row: |state| row_of_filter(state, MessageFilter::Heartbeats) },
];

fn row_of_filter(state: &State, filter: MessageFilter) -> Row {
    let label = format!("Messages: {}", filter.word().to_lowercase());
    Row::new(label, "Show or hide messages of this sort", move |cx| cx.state.pane.messages_view.toggle(filter))
        .on(state.pane.messages_view.lets_through(filter))
}

/// Unfolds all of the JSON that is looked at, or folds it.
static UNFOLD: PanelCommand = PanelCommand {
    name: "unfold",
    row: |state| {
        let label = if state.pane.messages_view.is_unfolded() { "Fold JSON" } else { "Unfold JSON" };
        let explanation = "Show every value of the message's JSON, or only those of the first level";
        let can_fold = state.pane.messages_view.can_fold();
        Row::new(label, explanation, |cx| cx.state.pane.messages_view.unfold_all())
            .unless(no_message(state))
            .unless((!can_fold).then_some("There is nothing to fold: it is not JSON"))
    },
};

/// Copies the message that is looked at.
static COPY_MESSAGE: PanelCommand = PanelCommand {
    name: "copy message",
    row: |state| {
        Row::new("Copy message", "Copy the message that is looked at", |cx| {
            cx.copy(cx.state.pane.messages_view.payload().unwrap_or_default());
        })
        .unless(no_message(state))
    },
};

/// Why no message is looked at.
fn no_message(state: &State) -> Option<&'static str> {
    if state.player.has_recording() {
        Some("This is a recording: it holds no text")
    } else {
        (!state.pane.messages_view.has_selection()).then_some("No message is chosen: click one first")
    }
}

/// Sends the message that was written.
static SEND: PanelCommand = PanelCommand {
    name: "send message",
    row: |state| {
        let snapshot = state.pane.view.snapshot();
        let may_be_any = snapshot.profile.service.is_some();
        let explanation = match may_be_any {
            true => "Send what was written, as it stands there",
            false => "Send what was written; only a JSON object, anything else crashes such servers",
        };
        let is_closed = snapshot.open_since().is_none();
        Row::new("Send message", explanation, move |cx| {
            if let Some(object) = cx.state.pane.messages_view.take_draft(may_be_any)
                && cx.is_taken(Command::Send(object))
            {
                cx.state.pane.messages_view.sent();
            }
        })
        .unless(state.player.has_recording().then_some(RECORDED))
        .unless(is_closed.then_some("No socket is open: connect first"))
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    commands: || FILTERS.iter().chain([&PAUSE, &PINGS, &UNFOLD, &COPY_MESSAGE, &SEND]).collect(),
    take_keys: take_send_key,
    ..Panel::new(Tab {
        key: Some(Key::Num5),
        wants_room: true,
        shows_heartbeats: true,
        listing: Some(ListingIn {
            of: |state| &state.pane.messages_view,
            of_mut: |state| &mut state.pane.messages_view,
        }),
        apply: |state, traffic| {
            state.pane.messages_view.apply(traffic);
        },
        ..Tab::new(TabId("messages"), |_| "Messages".into(), "What passed over the socket, both ways")
    })
};

fn take_send_key(ctx: &egui::Context, asked: &mut Vec<UiCommand>) {
    let is_writing = ctx.memory(|memory| memory.has_focus(draft_id()));
    if is_writing && ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
        asked.push(UiCommand::Panel(&SEND));
    }
}

/// The field to write a message, so that its keys are known.
fn draft_id() -> Id {
    Id::unique("message draft")
}

fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let all = ui.available_rect_before_wrap();
    let (tools, rest) = all.split_top_bottom_at_y(all.top() + 28.0);
    let (rest, compose) = rest.split_top_bottom_at_y(rest.bottom() - 34.0);
    let (list, refusal) = rest.split_top_bottom_at_y(rest.bottom() - refusal_height(ui, state, rest.width()));
    let child = |rect: Rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    tools_row(&mut ui.new_child(child(tools.with_max_x(tools.right() - tokens.size.margin))), state, asked);
    let compose = &mut ui.new_child(child(compose.with_max_x(compose.right() - tokens.size.margin)));
    if state.pane.messages_view.is_recorded {
        let text = "The text of messages is not recorded: only time, direction, kind and size";
        compose.add(Label::new(RichText::new(text).color(*tokens.color.muted)).truncate());
    } else {
        compose_row(compose, state, asked);
    }
    if let Some(text) = &state.pane.messages_view.refusal {
        let text = RichText::new(format!("✖ {text}")).size(tokens.size.small).color(*tokens.color.bad);
        ui.new_child(child(refusal)).add(Label::new(text).wrap());
    }

    let list = list.with_max_y(list.bottom() - 4.0);
    let (list, detail) = match &state.pane.messages_view.inspector {
        Some(_) if list.width() >= WIDE => list.split_left_right_at_fraction(0.55),
        Some(_) => list.split_top_bottom_at_fraction(0.4),
        None => (list, Rect::NOTHING),
    };
    if state.pane.messages_view.has_selection() {
        let (line, detail) = if detail.top() > list.top() {
            ui.painter().hline(detail.x_range(), detail.top() + 2.0, tokens.outline());
            (detail.top() + 4.0, detail.with_max_x(detail.right() - tokens.size.margin))
        } else {
            ui.painter().vline(detail.left() + 4.0, detail.y_range(), tokens.outline());
            (detail.top(), detail.with_min_x(detail.left() + 10.0).with_max_x(detail.right() - tokens.size.margin))
        };
        let detail = egui::UiBuilder::new().id_salt("detail").max_rect(detail.with_min_y(line));
        show_detail(&mut ui.new_child(detail), state, asked);
    }
    show_list(&mut ui.new_child(egui::UiBuilder::new().id_salt("list").max_rect(list)), state, tokens);
    ui.advance_cursor_after_rect(all);
}

/// The room for the reason why the draft was not sent.
fn refusal_height(ui: &Ui, state: &State, width: f32) -> f32 {
    let Some(refusal) = &state.pane.messages_view.refusal else { return 0.0 };
    let font = FontId::proportional(Tokens::at(ui).size.small);
    ui.painter().layout(format!("✖ {refusal}"), font, egui::Color32::PLACEHOLDER, width).size().y + 4.0
}

fn tools_row(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().button_padding.y = 1.0;
    ui.spacing_mut().item_spacing.x = 4.0;
    let height = vec2(0.0, 22.0);
    for (command, filter) in FILTERS.iter().zip(MessageFilter::iter()) {
        let command = UiCommand::Panel(command);
        button(ui, state, command, Look::Switch, Some(filter.word()), height, asked);
    }
    ui.add_space(8.0);
    let view = &state.pane.messages_view;
    if !view.is_recorded {
        button(ui, state, UiCommand::Panel(&PAUSE), Look::Switch, None, height, asked);
        button(ui, state, UiCommand::Panel(&PINGS), Look::Switch, Some("No pings"), height, asked);
    }
    ui.add_space(4.0);
    let color = if view.is_paused || view.dropped > 0 { *tokens.color.warn } else { *tokens.color.muted };
    let font = FontId::proportional(tokens.size.small);
    let fits =
        |text: &String| ui.painter().layout_no_wrap(text.clone(), font.clone(), color).size().x <= ui.available_width();
    let [long, short] = view.account();
    let shown = RichText::new(if fits(&long) { &long } else { &short }).size(tokens.size.small).color(color);
    ui.add(Label::new(shown).extend()).on_hover_text(long);
}

fn compose_row(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let mut draft = std::mem::take(&mut state.pane.messages_view.draft);
    let hint = RichText::new(match state.pane.view.snapshot().profile.service {
        Some(_) => format!("A text to send, as the service wants it — {COMMAND_ENTER} sends"),
        None => format!("A JSON object to send, such as {{\"v\":1,\"type\":\"subscribe\"}} — {COMMAND_ENTER} sends"),
    });
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        button(ui, state, UiCommand::Panel(&SEND), Look::Plain, Some("Send"), vec2(64.0, 24.0), asked);
        // One letter more than can be sent, so that what is too long is refused and not cut.
        let field = TextEdit::singleline(&mut draft)
            .id(draft_id())
            .font(tokens.mono())
            .hint_text(hint.color(*tokens.color.muted))
            .desired_width(ui.available_width())
            .char_limit(JsonObject::MAX + 1)
            .margin(egui::Margin::symmetric(8, 3));
        let response = ui.add(field).accessible_name("Message to send");
        if response.changed() {
            state.pane.messages_view.refusal = None;
        }
    });
    state.pane.messages_view.draft = draft;
}

fn show_list(ui: &mut Ui, state: &mut State, tokens: &Tokens) {
    let all = ui.available_rect_before_wrap();
    let list = ui.interact(all, Id::unique("message list"), Sense::click());
    list.widget_info(|| WidgetInfo::labeled(Role::List, true, "Messages; up and down choose one"));
    if list.has_focus() {
        take_keys(ui, state, list.id);
    }
    let view = &state.pane.messages_view;
    let count = view.len();
    if count == 0 {
        let nothing_passes = format!("No message contains “{}”", view.filter_text.trim());
        let text = if view.until == 0 {
            "At this moment no message that is listed had passed"
        } else if view.total == 0 {
            "No message has passed yet"
        } else if view.filter.has_text() {
            &nothing_passes
        } else {
            "No message of the chosen sorts; pings and pongs are hidden unless chosen"
        };
        paint::empty(ui, text);
        return;
    }
    let (mut rows, mut follow, mut clicked) = (view.rows, view.follow && !view.is_paused, None);
    let (keeps_following, selected) = (view.follow, view.selected());
    rows.show(ui, tokens.size.log_row, count, &mut follow, |ui, index, rect, response| {
        let Some((number, message)) = view.passing.get(index).and_then(|n| Some((*n, view.message(*n)?))) else {
            return;
        };
        if response.clicked() {
            clicked = Some(number);
        }
        let time = state.pane.calendar.precise_at(message.at);
        show_message(ui, tokens, message, &time, selected == Some(number), rect, response);
    });
    if list.has_focus() {
        let outline = egui::Stroke::new(1.0, tokens.color.accent);
        let around = all.expand2(vec2(5.0, 1.0));
        ui.painter().rect_stroke(around, tokens.size.radius, outline, egui::StrokeKind::Inside);
    }
    let view = &mut state.pane.messages_view;
    view.rows = rows;
    view.follow = if view.is_paused { keeps_following } else { follow };
    if let Some(number) = clicked {
        view.toggle_selection(number);
        list.request_focus();
    }
}

/// Up and down choose the message that is looked at; right goes on to what is in it.
fn take_keys(ui: &Ui, state: &mut State, list: Id) {
    let arrows = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list, arrows));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let steps = isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp));
    if steps != 0 {
        state.pane.messages_view.step(steps);
    }
    if (pressed(Key::ArrowRight) || pressed(Key::Enter)) && state.pane.messages_view.has_selection() {
        ui.memory_mut(|memory| memory.request_focus(pane_id()));
    }
}

fn show_message(
    ui: &mut Ui,
    tokens: &Tokens,
    message: &Message,
    time: &str,
    is_selected: bool,
    rect: Rect,
    response: Response,
) {
    let color = &tokens.color;
    paint::row(ui, rect, &response, is_selected);
    let (arrow, word) = direction(message);
    let direction_color = if message.direction == Direction::In { *color.accent } else { *color.busy };
    let (small, mono) = (FontId::proportional(tokens.size.small), tokens.mono());
    let text = message.beginning(SEEN);
    let cells = [
        (92.0, time.to_owned(), *color.muted, mono.clone()),
        (46.0, format!("{arrow} {word}"), direction_color, small.clone()),
        (50.0, kind(message).to_owned(), *color.muted, small.clone()),
        (74.0, size(message.len), *color.text, small),
    ];
    let mut left = rect.left();
    for (width, text, text_color, font) in cells {
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width - 8.0, rect.height()));
        let galley = ui.painter().layout_no_wrap(text, font, text_color);
        let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), place).min;
        ui.painter().galley(at, galley, text_color);
        left += width;
    }
    let mut place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    if message.is_simulated {
        place.min.x = paint::badge(ui, place, "SIMULATED").right() + 8.0;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(text.as_str().to_owned(), mono, *color.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(place.width().max(10.0));
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), place).min;
    ui.painter().galley(at, galley, *color.text);
    let label = || egui::WidgetInfo::labeled(egui::Role::Label, true, one_line(message, time, SEEN));
    response.widget_info(label);
    response.context_menu(|ui| {
        if ui.button("Copy this message").clicked() {
            ui.copy_text(one_line(message, time, Message::HEAD));
            ui.close();
        }
    });
}

fn show_detail(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let Some(inspector) = &state.pane.messages_view.inspector else { return };
    let message = &inspector.message;
    let AttemptId(attempt) = message.attempt;
    let (_, word) = direction(message);
    let head = format!("{word} · {} · {} · attempt {attempt}", kind(message), size(message.len));
    let cut = message.is_cut().then(|| format!("Cut: only the first {} are kept", size(Message::HEAD)));
    let remarks: Vec<String> = cut.into_iter().chain(inspector.problem.clone()).collect();
    ui.horizontal(|ui| {
        ui.spacing_mut().button_padding.y = 1.0;
        let height = vec2(0.0, 22.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            button(ui, state, UiCommand::Panel(&COPY_MESSAGE), Look::Plain, None, height, asked);
            button(ui, state, UiCommand::Panel(&UNFOLD), Look::Plain, None, height, asked);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(RichText::new(head).size(tokens.size.small).color(*tokens.color.muted)).truncate());
            });
        });
    });
    for remark in remarks {
        let text = RichText::new(format!("⚠ {remark}")).size(tokens.size.small).color(*tokens.color.warn);
        ui.add(Label::new(text).wrap());
    }
    if let Some(mut inspector) = state.pane.messages_view.inspector.take() {
        inspector.show(ui);
        state.pane.messages_view.inspector = Some(inspector);
    }
}
