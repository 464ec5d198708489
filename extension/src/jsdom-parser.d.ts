/** Readability's own DOM for where the browser has none; the package has types for Readability alone. */
declare module "@mozilla/readability/JSDOMParser.js" {
  export default class JSDOMParser {
    parse(html: string): Document;
    errorState: string;
  }
}
