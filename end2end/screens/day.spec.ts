// Takes the README's picture: the front desk's day. Run by `npx playwright test -c screens/playwright.config.ts`.
import { expect, test } from '@playwright/test';
import { people, signIn } from '../tests/support';

test('the day by doctor', async ({ page }) => {
  await signIn(page, people.receptionist);
  await page.goto('/appointments');
  await expect(page.getByRole('table', { name: 'Day schedule by doctor' })).toBeVisible();
  await page.screenshot({ path: '../docs/images/day.png', animations: 'disabled' });
});
