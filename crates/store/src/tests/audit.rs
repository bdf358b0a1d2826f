//! The audit list: what is written is what is read, by every filter and page by page.

use domain::Millis;
use domain::audit::Deed;
use domain::id::{TokenId, UserId};
use serde_json::json;

use super::bed::on_each_engine;
use crate::{AuditFilter, new_id, now};

#[test]
fn rows_come_back_by_filter_and_by_page() {
    on_each_engine(|store, _| async move {
        let teams = [
            store.create_team("one").await.unwrap().id,
            store.create_team("two").await.unwrap().id,
        ];
        let users = [UserId(new_id()), UserId(new_id())];
        let mut written = Vec::new();
        for number in 0..24_usize {
            let deed = Deed {
                team_id: (number % 3 < 2).then(|| teams[number % 3]),
                user_id: (number % 4 < 2).then(|| users[number % 4]),
                token_id: (number % 5 == 0).then(|| TokenId(new_id())),
                token_name: (number % 5 == 0).then(|| "CI 部署".to_owned()),
                operation: "createJob".to_owned(),
                noun: if number % 2 == 0 { "job" } else { "cluster'; DROP TABLE audit; --" }.to_owned(),
                noun_id: Some(number.to_string()),
                noun_name: Some("名".repeat(300)),
                address: Some("2001:db8::1".to_owned()),
                before: None,
                after: Some(json!({ "slots": number })),
                status: 201,
                code: None,
            };
            store.append_audit(deed.clone()).await.unwrap();
            written.push(deed);
        }
        let all = AuditFilter {
            limit: 100,
            ..AuditFilter::default()
        };
        let read = async |filter: &AuditFilter| {
            let rows = store.audit(filter).await.unwrap();
            rows.into_iter().map(|row| row.deed).collect::<Vec<_>>()
        };
        let newest_first = |fits: &dyn Fn(&Deed) -> bool| written.iter().rev().filter(|deed| fits(deed)).cloned().collect::<Vec<_>>();
        assert_eq!(read(&all).await, newest_first(&|_| true));
        let of_team = AuditFilter {
            team_id: Some(teams[0]),
            ..all.clone()
        };
        assert_eq!(read(&of_team).await, newest_first(&|deed| deed.team_id == Some(teams[0])));
        let of_user = AuditFilter {
            user_id: Some(users[1]),
            ..of_team
        };
        let both = |deed: &Deed| deed.team_id == Some(teams[0]) && deed.user_id == Some(users[1]);
        assert_eq!(read(&of_user).await, newest_first(&both));
        for noun in ["job", "cluster'; DROP TABLE audit; --", "%", "JOB", ""] {
            let of_noun = AuditFilter {
                noun: Some(noun.to_owned()),
                ..all.clone()
            };
            assert_eq!(read(&of_noun).await, newest_first(&|deed| deed.noun == noun), "{noun}");
        }
        let later = AuditFilter {
            from: Some(now().plus(60_000)),
            ..all.clone()
        };
        let earlier = AuditFilter {
            to: Some(Millis(1)),
            ..all.clone()
        };
        assert!(read(&later).await.is_empty() && read(&earlier).await.is_empty());
        let mut page = AuditFilter { limit: 7, ..all };
        let mut paged = Vec::new();
        loop {
            let rows = store.audit(&page).await.unwrap();
            let Some(last) = rows.last() else { break };
            page.before = Some(last.id);
            paged.extend(rows.into_iter().map(|row| row.deed));
        }
        assert_eq!(paged, newest_first(&|_| true));
        assert_eq!(store.prune_audit(Millis(1)).await.unwrap(), 0);
        assert_eq!(store.prune_audit(now().plus(1_000)).await.unwrap(), 24);
    });
}
