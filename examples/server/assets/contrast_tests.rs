//! The colours of the style sheet against the contrast that text (4.5) and shapes (3) need.

use std::collections::HashMap;

use super::CSS;

type Tokens = HashMap<String, [f64; 3]>;

/// Foreground, background, least contrast: the pairs in which the tokens are used.
const PAIRS: [(&str, &str, f64); 38] = [
    ("ink", "card", 4.5),
    ("ink", "bg", 4.5),
    ("ink", "inset", 4.5),
    ("ink", "hover", 4.5),
    ("ink", "raise", 4.5),
    ("ink2", "card", 4.5),
    ("ink2", "bg", 4.5),
    ("ink2", "inset", 4.5),
    ("ink2", "hover", 4.5),
    ("ink3", "card", 4.5),
    ("ink3", "bg", 4.5),
    ("ink3", "inset", 4.5),
    ("ink3", "hover", 4.5),
    ("accent", "bg", 4.5),
    ("accent", "card", 4.5),
    ("accent", "bad-bg", 4.5),
    ("accent-deep", "card", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-deep", 4.5),
    ("control", "inset", 3.0),
    ("control", "card", 3.0),
    ("focus", "bg", 3.0),
    ("focus", "card", 3.0),
    ("ok", "ok-bg", 4.5),
    ("run", "run-bg", 4.5),
    ("you", "you-bg", 4.5),
    ("bad", "bad-bg", 4.5),
    ("odd", "odd-bg", 4.5),
    ("off", "off-bg", 4.5),
    ("bad", "card", 4.5),
    ("you", "card", 4.5),
    ("bad", "hover", 4.5),
    ("ok-fill", "track", 3.0),
    ("run-fill", "track", 3.0),
    ("bad-fill", "track", 3.0),
    ("accent", "track", 3.0),
    ("ok-fill", "card", 3.0),
    ("you-fill", "card", 3.0),
];

/// The `--name: #hex` declarations of one `:root` block. Tokens of other kinds are left out.
fn tokens(block: &str) -> Tokens {
    block
        .split(';')
        .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(':'))
        .filter_map(|(name, value)| Some((name.trim().to_owned(), colour(value.trim())?)))
        .collect()
}

/// `#rgb` or `#rrggbb` as linear light.
fn colour(value: &str) -> Option<[f64; 3]> {
    let hex = value.strip_prefix('#')?;
    let wide: String = match hex.len() {
        3 => hex.chars().flat_map(|c| [c, c]).collect(),
        6 => hex.to_owned(),
        _ => return None,
    };
    let mut out = [0.0; 3];
    for (channel, value) in out.iter_mut().enumerate() {
        let byte = u8::from_str_radix(&wide[2 * channel..2 * channel + 2], 16).ok()?;
        let part = f64::from(byte) / 255.0;
        *value = if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        };
    }
    Some(out)
}

fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
    a.max(b) / a.min(b)
}

/// Light and dark tokens of the style sheet.
fn schemes() -> [(&'static str, Tokens); 2] {
    let css = std::str::from_utf8(CSS.content).expect("UTF-8");
    let mut blocks = css
        .split(":root {")
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap_or_default());
    let light = tokens(blocks.next().expect("light tokens"));
    let mut dark = light.clone();
    dark.extend(tokens(blocks.next().expect("dark tokens")));
    assert_eq!(blocks.next(), None);
    [("light", light), ("dark", dark)]
}

#[test]
fn every_pair_has_the_contrast_it_needs() {
    let mut low = Vec::new();
    for (scheme, tokens) in schemes() {
        for (over, under, least) in PAIRS {
            let of = |name: &str| {
                *tokens
                    .get(name)
                    .unwrap_or_else(|| panic!("no --{name} in {scheme}"))
            };
            let found = contrast(of(over), of(under));
            if found < least {
                low.push(format!(
                    "{scheme}: --{over} on --{under} is {found:.2}, needs {least}"
                ));
            }
        }
    }
    assert!(low.is_empty(), "{}", low.join("\n"));
}

#[test]
fn the_dark_scheme_gives_every_colour_anew() {
    let [(_, light), (_, dark)] = schemes();
    let same: Vec<_> = light
        .iter()
        .filter(|(name, value)| dark.get(*name) == Some(value))
        .map(|(name, _)| name)
        .collect();
    assert!(same.is_empty(), "the same in both schemes: {same:?}");
}

#[test]
fn the_computation_agrees_with_known_values() {
    let at = |text| colour(text).expect("a colour");
    assert!((contrast(at("#000"), at("#fff")) - 21.0).abs() < 0.001);
    assert!((contrast(at("#777777"), at("#ffffff")) - 4.478).abs() < 0.001);
    assert_eq!(colour("rgb(0 0 0)"), None);
}
