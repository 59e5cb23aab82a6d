//! A page with a question, a letter and a chart, as small as they can be: `docs/howto/build-a-page.md` walks
//! through it. `cargo run -p tongban-ui --example page` prints the three.

use askama::Template;
use ui::{
    Page,
    charts::{Chart, Kind, Mark, Series, Tone, Unit},
    design,
};

// A page is a struct with a field `page` and a template. In a crate the template is a file; here it stands inline.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% extends "layout/public.html" %}
{% import "components.html" as c %}
{% block content %}
{% call c::error_summary(errors) %}{% endcall %}
<h1>{{ page.title }}</h1>
<form method="post" action="/parcels" novalidate>
 {% call c::csrf() %}{% endcall %}
 {% call c::text("phone", page.t("手机号码"), phone, page.t("11位数字"), page.error_for(errors, "phone"), "phone", "w-20") %}{% endcall %}
 <div class="actions"><button class="btn btn-l" type="submit">{{ page.t("继续") }}</button></div>
</form>
{% endblock %}
"#
)]
struct SendPage {
    page: Page,
    errors: Vec<(String, String)>,
    phone: String,
}

/// What the use case says about a phone number, in the words the person reads.
fn check(phone: &str) -> Vec<(String, String)> {
    let typed = phone.chars().count();
    if typed == 11 && phone.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let message = format!("请输入11位手机号码，您输入了{typed}位");
    vec![("phone".to_owned(), message)]
}

fn send_page(page: Page, phone: &str) -> SendPage {
    let errors = check(phone);
    SendPage {
        // The title begins with 错误： so that a reader hears it first.
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        errors,
        phone: phone.to_owned(),
    }
}

// A letter is a page of the layout `print`; its words are Chinese in every language.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% extends "layout/print.html" %}
{% import "components.html" as c %}
{% block back %}<a class="tool" href="/my">{{ page.t("返回") }}</a>{% endblock %}
{% block content %}
{% call c::letter(org, "受理通知书", no) %}
<p class="to">{{ addressee }}：</p>
<p>你提出的申请，材料齐全、符合法定形式，决定予以受理。</p>
{% call c::sign(org, page.date(on)) %}{% endcall %}
{% endcall %}
{% endblock %}
"#
)]
struct Letter {
    page: Page,
    org: String,
    no: String,
    addressee: String,
    on: jiff::civil::Date,
}

// A chart is its data; drawing it and writing its table is `ui::charts`'.
fn chart() -> Chart {
    Chart {
        id: "by-month".to_owned(),
        kind: Kind::Bars,
        title: "每月受理".to_owned(),
        unit: Unit::whole("件"),
        head: "月份".to_owned(),
        categories: vec!["3月".to_owned(), "4月".to_owned()],
        series: vec![Series {
            label: "受理".to_owned(),
            tone: Tone::Main,
            marks: vec![
                Mark::new(86_204, "/staff/board?month=3"),
                Mark::new(98_412, "/staff/board?month=4"),
            ],
        }],
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% extends "layout/staff.html" %}
{% import "charts.html" as g %}
{% block head %}<link rel="stylesheet" href="{{ page.asset("charts.css") }}">{% endblock %}
{% block content %}
<h1>{{ page.title }}</h1>
{% call g::chart(chart, page.t("受理通知书出具的件数")) %}{% endcall %}
{% endblock %}
"#
)]
struct BoardPage {
    page: Page,
    chart: Chart,
}

fn main() -> askama::Result<()> {
    let letter = Letter {
        page: design::sample_page(),
        org: "云川市市场监督管理局".to_owned(),
        no: "云市监许受〔2026〕1号".to_owned(),
        addressee: "陈小薇".to_owned(),
        on: jiff::civil::date(2026, 5, 11),
    };
    let board = BoardPage {
        page: design::sample_page(),
        chart: chart(),
    };
    let mut out = std::io::stdout().lock();
    for html in [
        send_page(design::sample_page(), "138").render()?,
        letter.render()?,
        board.render()?,
    ] {
        std::io::Write::write_all(&mut out, html.as_bytes())
            .map_err(|error| askama::Error::Custom(Box::new(error)))?;
    }
    Ok(())
}
