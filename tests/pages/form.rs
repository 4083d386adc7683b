//! The form of a page, to be filled in and submitted as by a browser.

use tests::PageResponse;

/// The fields of a form with their values.
pub struct FilledForm(Vec<(String, String)>);

impl FilledForm {
    /// The form that `selector` matches.
    #[track_caller]
    pub fn of(page: &PageResponse, selector: &str) -> Self {
        assert!(page.has(selector), "no {selector} in {}", page.response.text());
        let mut fields = Vec::new();
        for control in page.all(&format!("{selector} input[name], {selector} textarea[name]")) {
            let element = control.value();
            let of_box = matches!(element.attr("type"), Some("checkbox" | "radio"));
            if of_box && element.attr("checked").is_none() {
                continue;
            }
            let name = element.attr("name").unwrap_or_default().to_owned();
            let text: String = control.text().collect();
            let value = match element.name() {
                // Browsers submit line breaks as CR LF.
                "textarea" => text.replace('\n', "\r\n"),
                _ => element.attr("value").unwrap_or_default().to_owned(),
            };
            fields.push((name, value));
        }
        for control in page.all(&format!("{selector} select[name]")) {
            let options = control
                .descendent_elements()
                .filter(|element| element.value().name() == "option");
            let options: Vec<_> = options.map(|option| option.value()).collect();
            let chosen = options.iter().find(|option| option.attr("selected").is_some());
            let value = chosen.or(options.first()).and_then(|option| option.attr("value"));
            let name = control.value().attr("name").unwrap_or_default();
            fields.push((name.to_owned(), value.unwrap_or_default().to_owned()));
        }
        Self(fields)
    }

    /// Fills in a field, checks a box, or presses a button.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, current)) => value.clone_into(current),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(other, _)| other == name);
        field.map_or("", |(_, value)| value.as_str())
    }

    /// The fields in the format of `Browser::post`.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}
