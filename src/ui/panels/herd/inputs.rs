//! What is to happen, and the person's edit of the rule.

use std::ops::RangeInclusive;
use std::time::Duration;

use egui::emath::Numeric;
use egui::{Align, DragValue, Layout, ProgressBar, Response, RichText, ScrollArea, Ui, vec2};

use super::super::super::backoff::{field, sentence_case};
use super::super::super::button::{Look, button};
use super::super::super::command::UiCommand;
use super::super::super::paint::grouped;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::simulation::{HerdView, RESET_POLICY, SIMULATE};
use crate::backend::rate::RateLimit;
use crate::herd::Scenario;
use crate::model::Backoff;

/// Draws the fields and the button.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let footer = tokens.size.button + 30.0;
    let height = ui.available_height() - footer;
    ScrollArea::vertical().id_salt("herd fields").auto_shrink(false).max_height(height).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.set_max_width(ui.available_width() - 10.0);
        scenario(ui, &mut state.own.get_mut::<HerdView>().scenario);
        policy(ui, state, asked);
    });
    ui.add_space(6.0);
    let size = vec2(ui.available_width(), tokens.size.button);
    let progress = state.own.get_mut::<HerdView>().progress();
    let look = if progress.is_some() { Look::Plain } else { Look::Primary };
    ui.vertical_centered(|ui| button(ui, state, UiCommand::Panel(&SIMULATE), look, None, size, asked));
    if let Some(progress) = progress {
        let bar = ProgressBar::new(progress).desired_height(6.0).desired_width(ui.available_width());
        ui.add(bar.fill(*tokens.color.busy));
    }
}

fn scenario(ui: &mut Ui, scenario: &mut Scenario) {
    heading(ui, "WHAT HAPPENS");
    number(ui, "Clients", &mut scenario.clients, 1..=Scenario::MAX_CLIENTS, "");
    let longest = Scenario::MAX_OUTAGE.as_secs_f64();
    time(ui, "Server gone for", &mut scenario.outage, 1.0, 0.0..=longest, " s");
    number(ui, "Outages", &mut scenario.outages, 1..=Scenario::MAX_OUTAGES, "");
    if scenario.outages > 1 {
        time(ui, "Up between", &mut scenario.up, 1.0, 0.0..=longest, " s");
    }
    time(ui, "Each step takes", &mut scenario.latency, 0.001, 0.0..=Scenario::MAX_LATENCY.as_secs_f64() * 1e3, " ms");

    heading(ui, "WHAT THE SERVER TAKES");
    let limits = &mut scenario.limits;
    optional(ui, "Requests per second", &mut limits.capacity, 1_000, " /s");
    let mut rate = limits.rate.map(|rate| rate.requests);
    optional(ui, "Limit per address", &mut rate, RateLimit::default().requests, " /min");
    limits.rate = rate.map(|requests| RateLimit { requests, ..RateLimit::default() });
    if limits.rate.is_some() {
        number(ui, "Clients per address", &mut limits.clients_per_address, 1..=Scenario::MAX_CLIENTS, "");
    }
    if limits.capacity.is_some() {
        let mut wait = limits.capacity_retry_after.unwrap_or_default();
        time(ui, "Retry-After of a 503", &mut wait, 1.0, 0.0..=300.0, " s");
        limits.capacity_retry_after = Some(wait).filter(|wait| !wait.is_zero());
    }
}

fn policy(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    heading(ui, "YOUR EDIT OF THE RULE");
    let profile = &state.pane.view.snapshot().profile.backoff;
    let mut edit = state.own.get_mut::<HerdView>().edit.clone().unwrap_or_else(|| profile.clone());
    for parameter in Backoff::PARAMETERS {
        let mut number = parameter.number(&edit);
        let field = field(parameter, parameter.prefix, &mut number);
        let response = line(ui, &sentence_case(parameter.name), |ui| ui.add(field));
        if response.on_hover_text(parameter.help).changed() {
            parameter.set_number(&mut edit, number);
        }
    }
    state.own.get_mut::<HerdView>().edit = Some(edit).filter(|edit| edit != profile);
    let size = vec2(0.0, Tokens::at(ui).size.fault_button);
    button(ui, state, UiCommand::Panel(&RESET_POLICY), Look::Plain, Some("As the profile"), size, asked);
}

fn heading(ui: &mut Ui, text: &str) {
    let tokens = Tokens::at(ui);
    ui.add_space(6.0);
    let text = RichText::new(text).font(tokens.bold(tokens.size.section)).color(*tokens.color.muted);
    ui.label(text.extra_letter_spacing(0.6));
}

/// A name at the left and its field at the right.
fn line(ui: &mut Ui, name: &str, field: impl FnOnce(&mut Ui) -> Response) -> Response {
    let tokens = Tokens::at(ui);
    let row = ui.horizontal(|ui| {
        ui.label(RichText::new(name).size(tokens.size.small).color(*tokens.color.text));
        let field = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().interact_size = vec2(76.0, tokens.size.fault_button);
            field(ui).accessible_name(name)
        });
        field.inner
    });
    row.inner
}

fn number<N: Numeric>(ui: &mut Ui, name: &str, value: &mut N, range: RangeInclusive<N>, unit: &str) {
    let speed = (value.to_f64() / 100.0).max(0.05);
    let field = DragValue::new(value).range(range).speed(speed).suffix(unit);
    let field =
        if N::INTEGRAL { field.custom_formatter(|value, _| grouped(value as u64)) } else { field.max_decimals(2) };
    line(ui, name, |ui| ui.add(field));
}

fn time(ui: &mut Ui, name: &str, duration: &mut Duration, unit: f64, range: RangeInclusive<f64>, suffix: &str) {
    let mut value = duration.as_secs_f64() / unit;
    line(ui, name, |ui| {
        let speed = (value / 100.0).max(0.05);
        let response = ui.add(DragValue::new(&mut value).range(range).speed(speed).max_decimals(3).suffix(suffix));
        if response.changed() {
            *duration = Duration::from_secs_f64(value * unit);
        }
        response
    });
}

/// A limit, or none.
fn optional(ui: &mut Ui, name: &str, value: &mut Option<u32>, usual: u32, unit: &str) {
    const NO_LIMIT: &str = "no limit";
    let mut shown = value.unwrap_or(0);
    line(ui, name, |ui| {
        let speed = (f64::from(shown) / 100.0).max(0.2);
        let format = |value: f64, _| if value < 1.0 { NO_LIMIT.to_owned() } else { grouped(value as u64) + unit };
        let parse = |text: &str| match text.trim() {
            NO_LIMIT | "none" => Some(0.0),
            text => {
                let digits = text.trim_end_matches(unit.trim()).chars().filter(|character| !character.is_whitespace());
                digits.collect::<String>().parse().ok()
            }
        };
        let field = DragValue::new(&mut shown).range(0..=1_000_000).speed(speed);
        let response = ui.add(field.custom_formatter(format).custom_parser(parse));
        if response.changed() {
            *value = Some(shown).filter(|shown| *shown > 0);
        }
        response.on_hover_text(format!("0 for none; {}{unit} is usual", grouped(usual.into())))
    });
}
