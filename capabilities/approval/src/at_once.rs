//! Filing and deciding in one go (秒批、智能审批): the same rules make the same events as when each is a command of
//! its own, and all of them are recorded together.

use base::ids::ItemId;
use casework::{Actor, Case, Context, Fact};
use jiff::Timestamp;
use serde_json::Value;
use store::Tx;

use crate::{
    after, aftercheck, answers,
    error::Error,
    quota, routing, rules,
    service::{Act, Application, Approval, preview_command},
    window,
};

/// What is noted on the case with its first event.
#[derive(Clone, Debug)]
pub struct Note {
    pub key: &'static str,
    pub value: Value,
}

impl Approval {
    /// Files an application and acts on it as the platform, in the caller's transaction.
    ///
    /// Nothing is numbered or written, and `None` is answered, where a rule refuses one of the acts: then the
    /// application is a person's.
    pub fn file_and_act(
        &self,
        tx: &mut Tx<'_>,
        filer: &Actor,
        now: Timestamp,
        application: &Application,
        note: &Note,
        acts: &[Act],
    ) -> Result<Option<Case>, Error> {
        let item = application.published.item_id;
        if application.after.is_none() && quota::is_limited(tx, item, calendar::civil_date(now))? {
            return Ok(None);
        }
        let calendar = self.app.calendar();
        let reference = answers::reference(1, &application.answers);
        let by = |actor| Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: None,
        };
        let mut opening = self.opening(tx, filer, now, application, reference)?;
        opening.event.facts.push(Fact::Noted {
            key: note.key.to_owned(),
            value: note.value.clone(),
        });
        let first = Case::open(application.case_id, &opening.event).ok_or(Error::NotFound)?;
        // An item's route is walked by rules as by people; where it has steps that are people's, a rule refuses.
        let plan = routing::store::plan(tx, item)?;
        let acts = &walked(acts, plan.is_some());
        let mut case = first.clone();
        let mut tried = case.clone();
        for act in acts {
            let command = preview_command(&tried, act);
            match rules::decide_on(by(&Actor::System), &tried, &command, plan.as_ref()) {
                Ok(event) => tried.apply(&event),
                Err(_) => return Ok(None),
            }
        }
        answers::store(
            tx,
            &self.app.people,
            application.case_id,
            1,
            &application.answers,
        )?;
        let mut events = vec![opening.event.clone()];
        for act in acts {
            let command = self.command(tx, &case, now, act)?;
            let event = rules::decide_on(by(&Actor::System), &case, &command, plan.as_ref())?;
            case.apply(&event);
            events.push(event);
        }
        let case = cases::record::history(tx, &calendar, application.case_id, &events)?;
        opening.filed(tx, &first)?;
        after::renewal::settled(tx, &case)?;
        window::rows::follow(tx, &Actor::System, &case)?;
        aftercheck::follow(self, tx, &case, now)?;
        Ok(Some(case))
    }

    /// Whether rules may decide what an item's route leads to; an item without a route has nothing against it.
    ///
    /// # Errors
    /// Names the step that a person has to do.
    pub fn rules_may_decide(&self, tx: &mut Tx<'_>, item: ItemId) -> Result<(), Error> {
        match routing::store::plan(tx, item)? {
            Some(plan) => Ok(routing::rules::rules_may_decide(&plan.route)?),
            None => Ok(()),
        }
    }

    /// Files an application for a person to decide, with a note on it.
    pub fn file_noted(
        &self,
        tx: &mut Tx<'_>,
        filer: &Actor,
        now: Timestamp,
        application: &Application,
        note: Option<&Note>,
    ) -> Result<Case, Error> {
        self.file_with(tx, filer, now, application, |event| {
            if let Some(note) = note {
                event.facts.push(Fact::Noted {
                    key: note.key.to_owned(),
                    value: note.value.clone(),
                });
            }
        })
    }
}

/// The acts with what a route asks for between them: on a route, rules review before they decide.
fn walked(acts: &[Act], on_route: bool) -> Vec<Act> {
    let mut walked = Vec::with_capacity(acts.len() + 1);
    for act in acts {
        walked.push(act.clone());
        if on_route && matches!(act, Act::Accept { .. }) {
            let opinion = match acts.last() {
                Some(Act::Grant { opinion }) => opinion.clone(),
                Some(Act::Refuse { reason, .. }) => reason.clone(),
                _ => String::new(),
            };
            walked.push(Act::Route(routing::Command::ByRules { opinion }));
        }
    }
    walked
}
