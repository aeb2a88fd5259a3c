// Booking and arriving, from both sides of the desk: a patient finds a time, moves it and changes their mind; the front
// desk registers somebody who is there twice, books a walk-in and sees them in the waiting room.
import { type Page } from '@playwright/test';
import {
  bookingDay,
  expect,
  expectNotice,
  fillDate,
  firstTime,
  heading,
  openFreeDay,
  people,
  person,
  signUp,
  test,
} from './support';

test.setTimeout(120_000);

/** A few minutes from now by the clinic's clock; the last minute of the day when the day ends before. */
function soon(): string {
  const clock = (at: Date): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).format(at);
  const later = clock(new Date(Date.now() + 5 * 60_000));
  return later < clock(new Date()) ? '23:59' : later;
}

/** From the list of visit types to the confirmation, with whoever is free first. */
async function bookFirstAvailable(page: Page, day: number): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Appointments' }).click();
  await page.getByRole('button', { name: 'Book an appointment' }).click();
  await page.getByRole('link', { name: 'Follow-up', exact: true }).click();
  await page.getByRole('link', { name: /^First available/ }).click();
  await openFreeDay(page, day);
  await firstTime(page).click();
  await expect(page.getByRole('main')).toContainText('We hold this time for you until ');
  await page.getByLabel('What would you like to talk about?').fill('The plaster itches');
  await page.getByRole('button', { name: 'Book appointment' }).click();
  await expect(heading(page, 'Appointment booked')).toBeVisible();
}

test('a patient books, moves and cancels by themselves, and takes both back', async ({ visitor }, info) => {
  const page = await visitor();
  const main = page.getByRole('main');
  await signUp(page, person(info, 'Mira'));
  await bookFirstAvailable(page, bookingDay(info, 3));
  const calendar = await main.getByRole('link', { name: /calendar \(\.ics\)/ }).getAttribute('href');
  const file = await (await page.request.get(calendar ?? '')).text();
  expect(file).toContain('BEGIN:VEVENT');
  expect(file).not.toContain('itches');

  await page.getByRole('link', { name: 'See all your appointments' }).click();
  await main.getByRole('link', { name: /\d\d:\d\d/ }).first().click();
  const before = (await heading(page).innerText()).trim();
  await main.getByRole('button', { name: 'Move', exact: true }).click();
  await expect(heading(page, 'Move this appointment')).toBeVisible();
  await main.getByRole('radio').last().check();
  await main.getByLabel('Why it is moved').fill('A train');
  await main.getByRole('button', { name: 'Move appointment' }).click();
  await expectNotice(page, 'The appointment is moved');
  await expect(heading(page)).not.toHaveText(before);
  await expect(main).toContainText(`Moved from ${before}`);
  await main.getByRole('button', { name: `Undo: back to ${before}` }).click();
  await expectNotice(page, 'The appointment is moved');
  await expect(heading(page)).toHaveText(before);

  await main.getByRole('button', { name: 'Cancel appointment' }).click();
  await expect(heading(page, 'Cancel this appointment')).toBeVisible();
  await main.getByRole('button', { name: 'Cancel appointment' }).click();
  await expectNotice(page, 'The appointment is cancelled');
  await main.getByRole('button', { name: 'Undo: book it again' }).click();
  await expectNotice(page, 'The appointment is booked again');

  // The calendar on their phone follows it, until they end that.
  await page.goto('/profile');
  await main.getByRole('link', { name: 'Your appointments in your calendar' }).click();
  await main.getByRole('button', { name: 'Make a calendar address' }).click();
  const address = new URL(await main.getByLabel('Address').inputValue()).pathname;
  const feed = await (await page.request.get(address)).text();
  expect(feed.match(/BEGIN:VEVENT/g)).toHaveLength(1);
  await page.goto('/profile/calendar');
  await main.getByRole('button', { name: 'Stop the calendar' }).click();
  await expectNotice(page, 'The calendar is stopped');
  expect((await page.request.get(address)).status()).toBe(404);
});

test('the front desk registers, books a walk-in and sees them in the waiting room', async ({ signedIn }, info) => {
  const who = person(info, 'Nele');
  const desk = await signedIn(people.receptionist);
  const main = desk.getByRole('main');
  const register = async (): Promise<void> => {
    await desk.goto('/patients/new');
    await desk.getByLabel('First name').fill(who.given);
    await desk.getByLabel('Last name').fill(who.family);
    await fillDate(desk, 'Date of birth', '1', '2', '1990');
    await main.getByRole('button', { name: /Register/ }).click();
  };
  await register();
  await expect(desk.getByRole('region', { name: 'Patient' })).toContainText(new RegExp(who.family, 'i'));
  await register();
  await expect(main).toContainText('Someone of this name and date of birth is registered already');

  await desk.goto('/appointments/board');
  await main.getByRole('button', { name: 'Book a walk-in' }).click();
  await desk.locator('#q').fill(who.family);
  await main.getByRole('button', { name: 'Search' }).click();
  await desk.getByRole('table', { name: 'Patients found' }).getByRole('link').first().click();
  await main.getByLabel('Doctor').selectOption({ index: 1 });
  const show = main.getByRole('button', { name: 'Show times' });
  if (await show.isVisible()) await show.click();
  await main.getByText('Overbook another time').click();
  await main.getByLabel('Time', { exact: true }).fill(soon());
  await main.getByLabel('Why this visit cannot wait').fill('Fell from a ladder');
  await main.getByLabel('The patient is here: check in at once').check();
  await main.getByLabel('Priority').selectOption('urgent');
  await main.getByRole('button', { name: 'Book appointment' }).click();
  await expectNotice(desk, 'The patient is booked and checked in');
  await desk.goto('/appointments/board');
  const waiting = main.getByRole('listitem').filter({ hasText: who.family });
  await expect(waiting).toContainText('Urgent');
  await expect(waiting).toContainText(/\d+ min/);
  await desk.goto('/appointments/hall');
  await expect(desk.getByRole('main')).toContainText('N Q');
  await expect(desk.getByRole('main')).not.toContainText(who.family);
  await desk.goto('/appointments/board');
  await waiting.getByRole('button', { name: /^Call in/ }).click();
  await expectNotice(desk, "The visit's status is changed");
});
