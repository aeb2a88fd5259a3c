// A patient books with the keyboard alone: every control can be reached, shows that it has the focus, and works.
import { type Locator, type Page } from '@playwright/test';
import { expect, heading, person, signUp, test } from './support';

/** Presses Tab until a control has the focus; whoever comes round without meeting it has found a fault. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  for (let presses = 0; presses < 250; presses += 1) {
    await page.keyboard.press('Tab');
    if (await control.evaluate((element) => element === document.activeElement)) {
      const shows = await control.evaluate((element) => {
        const style = getComputedStyle(element);
        return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      });
      expect(shows, 'the focus can be seen').toBe(true);
      return;
    }
  }
  throw new Error(`the keyboard does not lead to ${String(control)}`);
}

test('a patient books with the keyboard alone', async ({ visitor }, info) => {
  const page = await visitor();
  await signUp(page, person(info, 'Kay'));
  await page.goto('/');
  const main = page.getByRole('main');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to main content' })).toBeFocused();
  const press = async (control: Locator): Promise<void> => {
    await tabTo(page, control);
    await page.keyboard.press('Enter');
  };
  await press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Appointments' }));
  await press(page.getByRole('button', { name: 'Book an appointment' }));
  await expect(heading(page, 'What is the appointment for?')).toBeVisible();
  await press(main.getByRole('link', { name: 'Vaccination', exact: true }));
  await expect(heading(page, 'Whom would you like to see?')).toBeVisible();
  await press(main.getByRole('link', { name: /first available/i }));
  await expect(heading(page, 'Which day suits you?')).toBeVisible();
  await press(page.locator('td:not(.is-today)').getByRole('link', { name: / free times?$/ }).last());
  await expect(heading(page, 'At what time?')).toBeVisible();
  // Both projects book at the same time, on the same day.
  const times = main.getByRole('button', { name: /^\d\d:\d\d/ });
  await press(info.project.name === 'js' ? times.first() : times.last());
  await expect(heading(page, 'Check your answers')).toBeVisible();
  await tabTo(page, page.getByLabel('What would you like to talk about?'));
  await page.keyboard.type('Typed, never clicked');
  await press(page.getByRole('button', { name: 'Book appointment' }));
  await expect(heading(page, 'Appointment booked')).toBeVisible();
  await press(main.getByRole('link', { name: 'See all your appointments' }));
  await expect(main).toContainText('Vaccination');
});
