//! The commands that read CSV from standard input and write it back with added columns.

use std::{
    io::{self, BufReader, BufWriter, Write as _},
    process::ExitCode,
};

use base::batch::{BatchOutcome, check_batch};
use calendar::{Calendar as WorkCalendar, CountOutcome};
use web::Clock as _;

use crate::cli::{Calendar, Code};

/// `tongban calendar due|count --batch`.
pub(super) fn calendar(command: &Calendar) -> anyhow::Result<ExitCode> {
    let calendar = WorkCalendar::builtin();
    let input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let outcome = match command {
        Calendar::Due(_) => calendar::due_batch(input, &mut output, &calendar)?,
        Calendar::Count(_) => {
            let counted = calendar::count_batch(input, &mut output, &calendar)?;
            warn_of_unpublished(&counted);
            counted.table
        }
    };
    output.flush()?;
    Ok(code_of(&outcome))
}

/// The table has no column for it: a count that rests on a year without its notice is told beside it.
fn warn_of_unpublished(counted: &CountOutcome) {
    if counted.provisional == 0 {
        return;
    }
    let years: Vec<String> = counted.unpublished.iter().map(i16::to_string).collect();
    super::say_error(&format!(
        "{} of {} rows are provisional: the holidays of {} are not published, Monday to Friday are counted there",
        counted.provisional,
        counted.table.rows,
        years.join(", ")
    ));
}

/// `tongban code check --batch`.
pub(super) fn code(command: &Code) -> anyhow::Result<ExitCode> {
    let Code::Check(_) = command;
    let today = calendar::civil_date(web::SystemClock.now());
    let input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let outcome = check_batch(input, &mut output, today)?;
    output.flush()?;
    Ok(code_of(&outcome))
}

fn code_of(outcome: &BatchOutcome) -> ExitCode {
    if outcome.bad == 0 {
        ExitCode::SUCCESS
    } else {
        super::say_error(&format!(
            "{} of {} rows are wrong",
            outcome.bad, outcome.rows
        ));
        ExitCode::FAILURE
    }
}
