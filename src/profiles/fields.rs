//! The fields of a profile that are used most, in its text: read and changed without touching anything else.

/// A value at the top of the file, as text on one line.
pub fn value_of(text: &str, key: &str) -> Option<String> {
    let (line, _) = line_of(text, key)?;
    let (_, value, _) = parts(line)?;
    let table: toml::Table = toml::from_str(&format!("v = {value}")).ok()?;
    table.get("v")?.as_str().map(str::to_owned)
}

/// The number of the line on which `key` stands, from 1.
pub fn line_number(text: &str, key: &str) -> Option<usize> {
    line_of(text, key).map(|(_, number)| number)
}

/// The text with `value` for `key`, or without `key` if there is none; comments stay.
pub fn with_value(text: &str, key: &str, value: &str) -> String {
    let quoted = toml::Value::from(value).to_string();
    if let Some((line, number)) = line_of(text, key) {
        let changed = match parts(line) {
            _ if value.is_empty() => String::new(),
            Some((before, _, after)) => format!("{before}{quoted}{after}"),
            None => format!("{key} = {quoted}\n"),
        };
        let lines = text.split_inclusive('\n').zip(1..);
        return lines.map(|(line, place)| if place == number { changed.as_str() } else { line }).collect();
    }
    if value.is_empty() {
        return text.to_owned();
    }
    // After the last key at the top.
    let tops = tops(text);
    let last = tops.filter(|(line, _)| line.contains('=')).last().map_or(0, |(_, number)| number);
    let mut changed = String::with_capacity(text.len() + key.len() + quoted.len() + 8);
    let line = format!("{key} = {quoted}\n");
    if last == 0 {
        changed.push_str(&line);
    }
    for (existing, number) in text.split_inclusive('\n').zip(1..) {
        changed.push_str(existing);
        if number == last {
            if !existing.ends_with('\n') {
                changed.push('\n');
            }
            changed.push_str(&line);
        }
    }
    changed
}

/// The lines before the first table, with their numbers.
fn tops(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let lines = text.split_inclusive('\n').zip(1..);
    let lines = lines.take_while(|(line, _)| !line.trim_start().starts_with('['));
    lines.filter(|(line, _)| !line.trim_start().starts_with('#'))
}

fn line_of<'a>(text: &'a str, key: &str) -> Option<(&'a str, usize)> {
    tops(text)
        .find(|(line, _)| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
}

/// A line up to its value, the value, and what follows; `None` if the value is no text that ends on this line.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let equals = line.find('=')?;
    let start = equals + 1 + line[equals + 1..].find(|c: char| !c.is_whitespace())?;
    let quote = line[start..].chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut is_escaped = false;
    for (at, c) in line[start + 1..].char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == '"' => is_escaped = true,
            c if c == quote => {
                let end = start + 1 + at + 1;
                return Some((&line[..start], &line[start..end], &line[end..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# About\nname = \"A \\\"b\\\"\" # here\napi='https://a' \n[tls]\nname = 'no'\n";

    #[test]
    fn a_field_is_read_and_changed_and_all_else_stays() {
        assert_eq!(value_of(TEXT, "name").as_deref(), Some("A \"b\""));
        assert_eq!((value_of(TEXT, "api").as_deref(), value_of(TEXT, "origin")), (Some("https://a"), None));
        assert_eq!(line_number(TEXT, "api"), Some(3));
        let renamed = with_value(TEXT, "name", "C = d");
        assert_eq!(renamed, TEXT.replace("\"A \\\"b\\\"\"", "\"C = d\""));
        assert_eq!(value_of(&renamed, "name").as_deref(), Some("C = d"));
        let more = with_value(TEXT, "origin", "https://o");
        assert!(more.contains("api='https://a' \norigin = \"https://o\"\n[tls]"), "{more}");
        assert_eq!(with_value(&more, "origin", ""), TEXT);
        assert_eq!(with_value(TEXT, "origin", ""), TEXT);
        assert_eq!(with_value("", "name", "x"), "name = \"x\"\n");
        assert_eq!(with_value("name = 1", "name", "x"), "name = \"x\"\n");
        assert_eq!(value_of("name = 1\n", "name"), None);
    }
}
