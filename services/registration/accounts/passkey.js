// Asks the browser for a passkey, or for a new one, and sends its answer with the form (WebAuthn Level 3).
(() => {
  const form = document.getElementById("passkey");
  const failed = document.getElementById("passkey-failed");
  form.hidden = false;
  document.getElementById("passkey-without-script").hidden = true;
  const button = form.querySelector("button");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const options = JSON.parse(form.dataset.options);
  const isNew = Boolean(options.user);
  options.challenge = bytes(options.challenge);
  if (isNew) options.user.id = bytes(options.user.id);
  for (const key of options.excludeCredentials || options.allowCredentials || []) key.id = bytes(key.id);

  async function ask() {
    const { credentials } = navigator;
    const made = await (isNew ? credentials.create({ publicKey: options }) : credentials.get({ publicKey: options }));
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"])
      if (made.response[name]) response[name] = text(made.response[name]);
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    failed.hidden = true;
    try {
      form.elements.answer.value = await ask();
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
})();
