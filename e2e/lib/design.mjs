// The catalogue of components: which there are, and their states.

export async function specimens(page) {
  const hrefs = (pattern) => page.evaluate((source) => [...new Set([...document.querySelectorAll("main a[href^='/design/']")]
    .map((link) => link.getAttribute("href")).filter((href) => new RegExp(source).test(href)))], pattern.source);
  await page.goto("/design");
  const found = [];
  for (const address of await hrefs(/^\/design\/[^/?]+$/)) {
    await page.goto(address);
    const states = (await hrefs(/^\/design\/[^/]+\/[^/?]+$/)).filter((href) => href.startsWith(`${address}/`));
    found.push({ component: address.split("/").pop(), states: states.map((href) => href.split("/").pop()), whole: (await page.locator(".specimen").count()) === 0 });
  }
  return found;
}
