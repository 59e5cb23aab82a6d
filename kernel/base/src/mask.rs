//! What of a person's data is shown by default. The whole value is shown only where a task needs
//! it, and that is recorded by whoever unmasks.

/// `138****1234`; shorter numbers keep a quarter at each end.
pub fn phone(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    match chars.len() {
        11.. => middle(&chars, 3, 4, 4),
        length => middle(&chars, length / 4, length / 4, 4),
    }
}

/// 陈*薇, 陈*, 欧**华; a single character is hidden.
pub fn name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    match chars.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, hidden @ .., last] => {
            format!("{first}{}{last}", "*".repeat(hidden.len().min(8)))
        }
    }
}

/// Identity number: first 6, eight stars, last 4. Anything of another length keeps a quarter.
pub fn citizen_id(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    match chars.len() {
        18 => middle(&chars, 6, 4, 8),
        length => middle(&chars, length / 4, length / 4, 8),
    }
}

/// Identity number, strict: first and last character only.
pub fn citizen_id_strict(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    match chars.len() {
        0 => String::new(),
        1 | 2 => "*".repeat(chars.len()),
        length => middle(&chars, 1, 1, length - 2),
    }
}

/// An address up to its street or township, else up to its county or city.
pub fn address(address: &str) -> String {
    const STREETS: [&str; 3] = ["街道", "镇", "乡"];
    const COUNTIES: [&str; 4] = ["区", "县", "旗", "市"];
    let county_end = COUNTIES
        .iter()
        .filter_map(|mark| address.find(mark).map(|at| at + mark.len()))
        .max();
    let from = county_end.unwrap_or(0);
    let street_end = STREETS
        .iter()
        .filter_map(|mark| address[from..].find(mark).map(|at| from + at + mark.len()))
        .min();
    match street_end.or(county_end) {
        Some(end) if end < address.len() => format!("{}****", &address[..end]),
        Some(_) => address.to_owned(),
        None if address.is_empty() => String::new(),
        None => {
            let start: String = address.chars().take(address.chars().count() / 4).collect();
            format!("{start}****")
        }
    }
}

fn middle(chars: &[char], head: usize, tail: usize, stars: usize) -> String {
    if chars.is_empty() {
        return String::new();
    }
    let first: String = chars[..head].iter().collect();
    let last: String = chars[chars.len() - tail..].iter().collect();
    format!("{first}{}{last}", "*".repeat(stars))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_only_what_identifies_to_the_owner() {
        assert_eq!(phone("13800001234"), "138****1234");
        assert_eq!(phone("07721234"), "07****34");
        assert_eq!(name("陈采薇"), "陈*薇");
        assert_eq!(name("陈薇"), "陈*");
        assert_eq!(name("陈"), "*");
        assert_eq!(name("欧阳建华"), "欧**华");
        assert_eq!(citizen_id("990101199003070007"), "990101********0007");
        assert_eq!(
            citizen_id_strict("990101199003070007"),
            "9****************7"
        );
        assert_eq!(
            address("云岭省云川市临江区滨河街道和平路 12 号"),
            "云岭省云川市临江区滨河街道****"
        );
        assert_eq!(address("云川市青石县人民路 1 号"), "云川市青石县****");
        assert_eq!(address("和平路十二号楼三单元"), "和平****");
    }

    proptest! {
        #[test]
        fn any_text_is_masked(text in any::<String>()) {
            for mask in [phone, name, citizen_id, citizen_id_strict, address] {
                prop_assert_eq!(mask(&text).is_empty(), text.is_empty());
            }
        }
    }
}
