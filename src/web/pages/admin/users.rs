//! The list of accounts, and making one.

use crate::ui::form::FormState;
use crate::ui::pages::admin::{confirm, users as view};
use crate::web::auth::see_other;
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::{FormData, Query};
use axum::response::Response;
use domain::Action;
use service::identity::{ListUsers, NewUserForm, ReadUser};
use service::{Order, PageRequest, ServiceError};

/// Accounts on one page of the list.
const ON_A_PAGE: usize = 25;

/// `GET /admin?q=&role=&cursor=`.
pub async fn list(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    // Whoever may read only their own account has a profile; this page is for those who see all.
    cx.require(Action::ReadActivity)?;
    let cursor = Some(query.text("cursor")).filter(|cursor| !cursor.is_empty());
    let filter = view::Filter {
        text: query.get("q").trim().to_owned(),
        role: query.parse("role"),
        is_later: cursor.is_some(),
    };
    let page = PageRequest { limit: ON_A_PAGE, after: cursor, order: Order::Ascending };
    let list = ListUsers { text: filter.text.clone(), role: filter.role, page };
    let found = cx.services().execute(&cx.actor, list).await?;
    let may_change = cx.services().may(&cx.actor, Action::ManageUsers);
    let clinic = cx.services().clinic();
    Ok(cx.render(PageHead::new("Users", Section::Admin), || {
        view::list(&found, &filter, may_change, &clinic.name, &clinic.zone)
    }))
}

/// `GET /admin/users/new`.
pub async fn blank(cx: PageContext) -> Result<Response, PageError> {
    cx.require(Action::ManageUsers)?;
    Ok(form(&cx, FormState::default()))
}

fn form(cx: &PageContext, form: FormState) -> Response {
    let head = PageHead::new("New account", Section::Admin).for_form(&form);
    cx.render(head, || view::new(&form))
}

/// `POST /admin/users/new`: makes the account and shows its password, in this one answer only.
pub async fn create(cx: PageContext, typed: FormData) -> Result<Response, PageError> {
    let wish = NewUserForm {
        username: typed.text("username"),
        email: typed.text("email"),
        role: typed.text("role"),
        display_name: Some(typed.text("displayName")),
        password: None,
    };
    let created = match cx.services().create_user(&cx.actor, wish).await {
        Ok(created) => created,
        Err(ServiceError::Invalid(errors)) => return Ok(form(&cx, FormState::refused(typed, errors))),
        Err(error) => return Err(error.into()),
    };
    // Sent again after its owner chose a password: there is none to be shown.
    let Some(password) = created.password else {
        return Ok(see_other(&format!("/admin/users/{}", created.id)));
    };
    let user = cx.services().execute(&cx.actor, ReadUser { id: created.id }).await?;
    Ok(cx.render(PageHead::new("Account created", Section::Admin), || {
        confirm::password("Account created", &user, &password)
    }))
}
