//! The banner that says what is shown, and the bar that moves through it.

use egui::accesskit::Action;
use egui::{
    Align, Color32, EventFilter, Id, Key, Label, Layout, Modifiers, Rect, Response, RichText, Role, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use super::super::button::{Look, button, more};
use super::super::command::{PlaybackCommand, UiCommand};
use super::super::paint::{self, grouped};
use super::super::state::State;
use super::super::timeline::position;
use super::super::tokens::Tokens;
use super::{CurrentRecording, Speed};
use crate::journal::recording::Header;
use crate::model::{Moment, SourceFile, Timing};
use crate::replay::Verification;
use crate::view::Moments;

/// What a button of the banner needs, and what is said beside them.
const BUTTON: f32 = 118.0;
const ROOM_FOR_ABOUT: f32 = 100.0;
/// In less width the speeds are in a menu.
const ROOM_FOR_SPEEDS: f32 = 600.0;

/// Draws the banner.
pub fn banner(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let Some(current) = &state.player.current else { return };
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let size = vec2(0.0, tokens.size.button);
    ui.spacing_mut().item_spacing.x = 10.0;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        button(ui, state, UiCommand::Playback(PlaybackCommand::BackToLive), Look::Primary, None, size, asked);
        let commands = commands(state);
        if ui.available_width() < commands.len() as f32 * BUTTON + ROOM_FOR_ABOUT {
            more(ui, state, "More for what is shown", &commands, asked);
        } else {
            for command in commands {
                button(ui, state, command, Look::Plain, None, size, asked);
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let kind = if state.player.has_files() { "🗀 FILES" } else { "⏺ RECORDING" };
            ui.label(RichText::new(kind).font(tokens.bold(tokens.size.text)).color(*color.strong));
            verification(ui, state, current, asked);
            let losses = current.playback.recording().losses().in_words();
            if !losses.is_empty() {
                let all = losses.join("\n");
                let short = match losses.len() {
                    1 => "⚠ 1 thing is missing".to_owned(),
                    count => format!("⚠ {count} things are missing"),
                };
                let label = ui.label(RichText::new(&short).color(*color.warn)).on_hover_text(&all);
                label.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{short}: {all}")));
            }
            let about = about(state, current);
            let about = if losses.is_empty() { about } else { format!("{about} · {}", losses.join(" · ")) };
            ui.add(Label::new(RichText::new(&about).color(*color.text)).truncate()).on_hover_text(&about);
        });
    });
}

/// What can be done with what is shown, besides leaving it.
fn commands(state: &State) -> Vec<UiCommand> {
    let has_files = state.player.has_files();
    let all = [
        (true, PlaybackCommand::Compare),
        (has_files, PlaybackCommand::CompareWithLive),
        (state.player.comparison().is_some(), PlaybackCommand::Differences),
        (has_files, PlaybackCommand::SaveTimeline),
        (!has_files, PlaybackCommand::Verify),
        (state.player.can_be_cleaned(), PlaybackCommand::CleanCopy),
    ];
    all.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, command)| UiCommand::Playback(command)).collect()
}

fn about(state: &State, current: &CurrentRecording) -> String {
    let header = current.playback.recording().header();
    let (day, time) = (state.pane.calendar.day(header.start), state.pane.calendar.time(header.start));
    if !header.files.is_empty() {
        return files(header);
    }
    let profile = &header.profile.name;
    let (count, program) = (grouped(current.events), &header.program);
    format!("{profile}, {day} {time} · {} · {count} events · Ticketscope {program}", current.name)
}

/// The files that it was read from, each in a few words.
fn files(header: &Header) -> String {
    let one = |file: &SourceFile| {
        let writer = if file.writer.is_empty() { String::new() } else { format!(" of {}", file.writer) };
        let times = if file.timing == Timing::Order { ", without times" } else { "" };
        format!("{}: {}{writer}{times}{}", file.name, file.kind, file.clock())
    };
    header.files.iter().map(one).collect::<Vec<_>>().join(" · ")
}

fn verification(ui: &mut Ui, state: &State, current: &CurrentRecording, asked: &mut Vec<UiCommand>) {
    let color = &Tokens::at(ui).color;
    if current.verifying.is_some() {
        ui.label("Verifying…");
    }
    let Some(verification) = &current.verification else { return };
    let (text, tint) = match verification {
        Verification::Same { .. } => ("✓ Verified: the rules decide the same".to_owned(), *color.good),
        Verification::NotPossible { .. } => ("⚠ Cannot be verified".to_owned(), *color.warn),
        Verification::Different(difference) => {
            let at = difference.seq.map_or_else(|| "the end".to_owned(), |seq| format!("entry {seq}"));
            (format!("≠ Not the same from {at} on"), *color.bad)
        }
    };
    let text = RichText::new(text).color(tint);
    let seq = match verification {
        Verification::Different(difference) => difference.seq,
        Verification::Same { .. } | Verification::NotPossible { .. } => None,
    };
    let response = match seq {
        Some(seq) => {
            let response = ui.button(text);
            if response.clicked() && UiCommand::Playback(PlaybackCommand::JumpTo(seq)).obstacle(state).is_none() {
                asked.push(UiCommand::Playback(PlaybackCommand::JumpTo(seq)));
            }
            response
        }
        None => ui.label(text),
    };
    response.on_hover_text(verification.to_string());
}

/// Draws the bar.
pub fn transport(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let Some(current) = &state.player.current else { return };
    let tokens = Tokens::at(ui);
    let size = vec2(28.0, tokens.size.button);
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.horizontal_centered(|ui| {
        let play = if state.player.is_playing() { "⏸" } else { "▶" };
        for (command, icon) in [
            (UiCommand::Playback(PlaybackCommand::Previous), "⏮"),
            (UiCommand::Playback(PlaybackCommand::Play), play),
            (UiCommand::Playback(PlaybackCommand::Next), "⏭"),
        ] {
            let response = button(ui, state, command, Look::Plain, Some(icon), size, asked);
            response.accessible_name(command.label(state));
        }
        if ui.available_width() < ROOM_FOR_SPEEDS {
            let speeds: Vec<UiCommand> =
                Speed::iter().map(|speed| UiCommand::Playback(PlaybackCommand::Speed(speed))).collect();
            more(ui, state, "Speed", &speeds, asked);
        } else {
            for speed in Speed::iter() {
                let command = UiCommand::Playback(PlaybackCommand::Speed(speed));
                let response = button(ui, state, command, Look::Switch, Some(speed.label()), size, asked);
                response.accessible_name(command.label(state));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (now, end) = (clock(current.now), clock(current.playback.end()));
            ui.label(RichText::new(format!("{now} / {end}")).font(tokens.mono()).color(*tokens.color.strong));
            line(ui, tokens, current, asked);
        });
    });
}

/// `1:02.345`: minutes, seconds and milliseconds.
fn clock(at: Moment) -> String {
    let millis = at.as_nanos() / 1_000_000;
    let (minutes, seconds) = (millis / 60_000, millis / 1_000 % 60);
    format!("{minutes}:{seconds:02}.{:03}", millis % 1_000)
}

/// The share of the recording by which an arrow key moves.
const STEP: f64 = 0.01;

/// The time line, where the arrow keys go once it has the focus.
pub fn line_id() -> Id {
    Id::unique("recording's time line")
}

/// The time line: dragged, and marked where something went wrong.
fn line(ui: &mut Ui, tokens: &Tokens, current: &CurrentRecording, asked: &mut Vec<UiCommand>) {
    let color = &tokens.color;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 30.0));
    let response = ui.interact(rect, line_id(), Sense::click_and_drag());
    let inside = rect.shrink2(vec2(6.0, 0.0));
    let view = (Moment::START, current.playback.end());
    let track = Rect::from_center_size(inside.center(), vec2(inside.width(), 4.0));
    ui.painter().rect_filled(track, 2.0, *color.track);
    let x = inside.left() + position(current.now, view, inside.width());
    ui.painter().rect_filled(Rect::from_min_max(track.min, pos2(x, track.bottom())), 2.0, *color.accent);

    // What differs in form too: a cross for a failure, a bar for a close, a triangle for a fault, a gap's frame.
    let marks = current.playback.marks();
    let (top, bottom) = (inside.top() + 7.0, inside.bottom() - 6.0);
    let stroke = |color: Color32| Stroke::new(1.5, color);
    each_column(marks.closes(), view, inside, |x| {
        ui.painter().vline(x, top - 4.0..=top + 4.0, stroke(*color.muted));
    });
    each_column(marks.failures(), view, inside, |x| {
        for (from, to) in [(-3.0, 3.0), (3.0, -3.0)] {
            ui.painter().line_segment([pos2(x - 3.0, top + from), pos2(x + 3.0, top + to)], stroke(*color.bad));
        }
    });
    each_column(marks.faults(), view, inside, |x| {
        let points = [(-4.0, -4.0), (4.0, -4.0), (0.0, 3.0)].map(|(dx, dy)| pos2(x + dx, bottom + dy));
        ui.painter().add(egui::Shape::convex_polygon(points.to_vec(), *color.badge, Stroke::NONE));
    });
    each_column(marks.gaps(), view, inside, |x| {
        let frame = Rect::from_center_size(pos2(x, track.center().y), vec2(6.0, 10.0));
        ui.painter().rect_stroke(frame, 0.0, stroke(*color.warn), egui::StrokeKind::Middle);
    });
    ui.painter().circle_filled(pos2(x, track.center().y), 6.0, *color.strong);
    paint::focus(ui, rect, &response);

    let at = |pointer: egui::Pos2| {
        let share = f64::from((pointer.x - inside.left()) / inside.width().max(1.0)).clamp(0.0, 1.0);
        Moment::from_nanos((share * view.1.as_nanos() as f64) as u64)
    };
    let pointer = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked());
    if let Some(moment) = pointer.map(at).filter(|moment| *moment != current.now) {
        asked.push(UiCommand::Playback(PlaybackCommand::Scrub(moment)));
    }
    if response.is_pointer_button_down_on() {
        response.request_focus();
    }
    take_keys(ui, current, &response, asked);
    let (now, end) = (clock(current.now), clock(current.playback.end()));
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, format!("Moment {now} of {end}")));
    let hover = response.hover_pos().map(at);
    response.on_hover_ui(|ui| {
        ui.label(hover.map_or_else(String::new, clock));
        ui.label(format!("✕ failures {}", marks.failures().len()));
        ui.label(format!("| closes {}", marks.closes().len()));
        ui.label(format!("▼ faults that acted {}", marks.faults().len()));
        ui.label(format!("□ gaps {}", marks.gaps().len()));
    });
}

/// Moves through the recording as keys and screen readers ask for it.
fn take_keys(ui: &Ui, current: &CurrentRecording, response: &Response, asked: &mut Vec<UiCommand>) {
    let end = current.playback.end();
    let seconds = |at: Moment| at.since_start().as_secs_f64();
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(seconds(end));
        node.set_numeric_value(seconds(current.now));
        node.set_numeric_value_step(seconds(end) * STEP);
        node.add_action(Action::Increment);
        node.add_action(Action::Decrement);
    });
    let requested = |action| ui.input(|input| input.num_accesskit_action_requests(response.id, action));
    let mut steps = requested(Action::Increment) as f64 - requested(Action::Decrement) as f64;
    let mut target = current.now;
    if response.has_focus() {
        // Else they would move the focus.
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        steps += pressed(Key::ArrowRight) as f64 - pressed(Key::ArrowLeft) as f64;
        if pressed(Key::Home) > 0 {
            target = Moment::START;
        }
        if pressed(Key::End) > 0 {
            target = end;
        }
        if pressed(Key::Space) > 0 {
            asked.push(UiCommand::Playback(PlaybackCommand::Play));
        }
    }
    let by = end.since_start().mul_f64(STEP * steps.abs());
    target = if steps < 0.0 { target - by } else { (target + by).min(end) };
    if target != current.now {
        asked.push(UiCommand::Playback(PlaybackCommand::Scrub(target)));
    }
}

/// Calls `draw` once for every few points in which there are `moments`, however many.
fn each_column(moments: &Moments, view: (Moment, Moment), rect: Rect, mut draw: impl FnMut(f32)) {
    const COLUMN: f32 = 3.0;
    let x = |at: Moment| rect.left() + position(at, view, rect.width());
    let mut next = 0;
    while let Some(first) = moments.get(next) {
        let here = x(*first);
        draw(here);
        next = moments.partition_point(|at| x(*at) < here + COLUMN).max(next + 1);
    }
}
