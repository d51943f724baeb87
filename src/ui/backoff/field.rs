//! The field for a parameter of the rule.

use egui::DragValue;

use crate::model::Parameter;

/// A field for `number`, which is the value of `parameter` in the unit in which it is edited. What stands before it is
/// `prefix`.
pub fn field<'a>(parameter: Parameter, prefix: &str, number: &'a mut f64) -> DragValue<'a> {
    let speed = (number.abs() / 100.0).max(0.02);
    let field = DragValue::new(number).range(parameter.numbers()).speed(speed).max_decimals(2);
    field.prefix(prefix).suffix(parameter.suffix).custom_parser(move |typed| parameter.parse_number(typed))
}

/// `text` with its first letter in upper case.
pub fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
