import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Page and server text must go in as text only: nothing here may parse HTML.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text goes in as text: use textContent or h()." },
        { property: "outerHTML", message: "Text goes in as text: use textContent or h()." },
        { property: "insertAdjacentHTML", message: "Text goes in as text: use textContent or h()." },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      "no-restricted-properties": "off", // fixtures are HTML
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["*.mjs", "tools/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        "process console URL Buffer TextDecoder document setTimeout clearTimeout".split(" ").map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["tools/*.js"], // run in a page
    languageOptions: { globals: { chrome: "writable", Element: "readonly", setTimeout: "readonly" } },
  },
);
