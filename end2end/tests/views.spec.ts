// The views of the schedule: accessible in light and dark, on the smallest phone, and fresh without a reload when
// somebody else books. What each view shows is tested without a browser.
import { expect, expectAccessible, expectNoSidewaysScroll, expectNotice, people, signIn, test } from './support';

const VIEWS = [
  '/appointments',
  '/appointments?view=week',
  '/appointments?view=month',
  '/appointments?view=list',
  '/appointments/board',
  '/appointments/hall',
  '/appointments/day-sheet',
];

test('every view is accessible and fits the smallest phone', async ({ page, scripted }) => {
  await signIn(page, people.receptionist);
  for (const view of VIEWS) {
    await page.goto(view);
    await expectNoSidewaysScroll(page);
    if (scripted) await expectAccessible(page);
  }
});

/** A working day on which neither the demonstration nor another test books. */
function emptyDay(): string {
  const day = new Date(Date.now() + 25 * 86_400_000);
  while ([0, 6].includes(day.getUTCDay())) day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}

test('an open day shows what somebody else books, without a reload', async ({ page, signedIn, scripted }) => {
  test.skip(!scripted, 'without scripts a reload shows it');
  const path = `/appointments?date=${emptyDay()}`;
  await signIn(page, people.nurse);
  const heard = page.waitForResponse((response) => response.url().includes('/appointments/live'));
  await page.goto(path);
  await heard;
  const cards = page.locator('.hc-day .hc-card');
  const before = await cards.count();
  const desk = await signedIn(people.receptionist);
  await desk.goto(path);
  await desk.locator('.hc-free a').first().click();
  await desk.locator('#q').fill('Osei');
  await desk.getByRole('button', { name: 'Search' }).click();
  await desk.getByRole('table', { name: 'Patients found' }).getByRole('link').first().click();
  await desk.getByRole('button', { name: 'Book appointment' }).click();
  await expectNotice(desk, 'The appointment is booked');
  await expect(cards).toHaveCount(before + 1);
  await expect(page.locator('#live-said')).toHaveText('The page shows the latest changes');
});
