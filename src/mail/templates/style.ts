/** Inline styles of the mails: many clients drop style sheets, so the light look must stand without one. */

const sans =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

const ink = 'color:#14181f';
const soft = 'color:#59616e';
const buttonBase =
  'display:inline-block;margin:0 8px 8px 0;padding:10px 18px;border-radius:8px;font-size:15px;line-height:20px;font-weight:600;text-decoration:none';

export const style = {
  body: 'margin:0;padding:0;background:#f4f5f7;-webkit-text-size-adjust:100%;word-break:normal;overflow-wrap:anywhere',
  preview: 'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px',
  page: `padding:40px 16px;background:#f4f5f7;${sans}`,
  sheet:
    'max-width:560px;margin:0 auto;padding:44px 44px 40px;box-sizing:border-box;background:#ffffff;border:1px solid #e3e6ea;border-radius:14px',
  mark: (colour: string) =>
    `width:36px;height:4px;margin:0 0 18px;border-radius:2px;background:${colour};font-size:0;line-height:0`,
  shop: `margin:0 0 30px;font-size:15px;line-height:22px;font-weight:600;${ink}`,
  heading: `margin:0 0 12px;font-size:26px;line-height:33px;font-weight:650;letter-spacing:-0.01em;${ink}`,
  paragraph: `margin:0 0 16px;font-size:16px;line-height:25px;${ink}`,
  small: `margin:0 0 8px;font-size:14px;line-height:21px;${soft}`,
  note: `margin:20px 0;padding:14px 16px;border-radius:10px;background:#f4f5f7;font-size:15px;line-height:23px;color:#39404b`,
  book: 'padding:20px 0 12px;border-top:1px solid #e3e6ea',
  books: 'margin:26px 0 0;border-bottom:1px solid #e3e6ea',
  title: `margin:0 0 12px;font-size:16px;line-height:24px;font-weight:600;${ink}`,
  takenBook: 'padding:12px 0;border-top:1px solid #e3e6ea',
  takenTitle: `margin:0;font-size:16px;line-height:24px;font-weight:600;${ink}`,
  inlineLink: `margin-right:16px;font-size:15px;line-height:24px;text-decoration:underline;${ink}`,
  button: (background: string, text: string) =>
    `${buttonBase};background:${background};border:1px solid ${background};color:${text}`,
  quietButton: `${buttonBase};border:1px solid #cfd4db;${ink}`,
  until: `margin:22px 0 18px;font-size:15px;line-height:23px;${soft}`,
  codeBox: 'margin:4px 0 20px;padding:16px 18px 14px;border-radius:10px;background:#f4f5f7',
  // A code is copied whole with one tap or click, and typed from a glance: each sign stands apart.
  code: `display:block;margin:0 0 4px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;font-size:30px;line-height:40px;font-weight:700;letter-spacing:4px;white-space:nowrap;-webkit-user-select:all;user-select:all;${ink}`,
  address: `margin:0 0 22px;font-size:14px;line-height:21px;${soft}`,
  afterList: `margin:20px 0 16px;font-size:16px;line-height:25px;${ink}`,
  step: `margin:0 0 12px;font-size:16px;line-height:25px;${ink}`,
  facts: 'margin:28px 0 0;padding:24px 0 0;border-top:1px solid #e3e6ea',
  fact: 'display:inline-block;width:48%;margin:0 0 16px;vertical-align:top;box-sizing:border-box;padding-right:12px',
  factLabel: `display:block;font-size:13px;line-height:20px;${soft}`,
  factText: `display:block;font-size:15px;line-height:23px;${ink}`,
  link: `text-decoration:underline;${ink}`,
  foot: 'max-width:560px;margin:0 auto;padding:24px 44px 0;box-sizing:border-box',
  footText: `margin:0 0 8px;font-size:13px;line-height:20px;${soft}`,
  unbroken: 'white-space:nowrap',
  footLink: `text-decoration:underline;${soft}`,
};
