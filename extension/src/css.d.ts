/** esbuild's text loader: a style sheet is imported as its source. */
declare module "*.css" {
  const source: string;
  export default source;
}
