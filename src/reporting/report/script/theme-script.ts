/** Light and dark: as the reader's system has it, until the button is pressed; light on paper. For every page. */
export const THEME_SCRIPT = String.raw`
function followTheme(draw) {
  const html = document.documentElement;
  const button = document.getElementById('theme');
  const media = matchMedia('(prefers-color-scheme: dark)');
  const paint = (dark) => {
    html.dataset.theme = dark ? 'dark' : 'light';
    button.textContent = dark ? '☀ Light' : '☾ Dark';
    draw();
  };
  const isDark = () => html.dataset.theme === 'dark';
  button.onclick = () => paint(!isDark());
  media.onchange = () => paint(media.matches);
  let before = false;
  addEventListener('beforeprint', () => { before = isDark(); if (before) paint(false); });
  addEventListener('afterprint', () => { if (before) paint(true); });
  paint(media.matches);
}
`;
