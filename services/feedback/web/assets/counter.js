// Says beneath a text field how many characters are left; told aloud only once the typing pauses.
for (const counter of document.querySelectorAll("[data-left-of]")) {
  const field = document.getElementById(counter.dataset.leftOf);
  let pause;
  const tell = () => {
    const left = field.maxLength - field.value.length;
    counter.textContent = counter.dataset.words.replace("{left}", left);
  };
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(tell, 600);
  });
}
