import type { Story } from '../support/story.ts';

export const leads: Story = {
  title: 'Alerts say where to look, and one of them a severity that nobody knows',
  policies: {
    'services.yml': (text) =>
      text.replace(/# runbook: \S+checkout/, 'runbook: https://wiki.shop.example/checkout'),
  },
  play: async (tell) => {
    await tell.alert('Checkout answers 500', {
      url: 'https://grafana.shop.example/alerting/5xx?orgId=1&tab=query',
      dashboard_url: 'https://grafana.shop.example/d/checkout',
    });
    await tell.alert('Carts are slow', {
      url: 'https://grafana.shop.example/alerting/carts',
      runbook_url: 'https://wiki.shop.example/carts',
      severity: 'P9',
      labels: {},
    });
    await tell.alert('Carts are lost', { severity: 'P9', labels: {} });
    await tell.passes('5m');
    await tell.types('ben', '/incident timeline');
  },
};
