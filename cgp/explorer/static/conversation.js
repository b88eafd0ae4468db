// The conversation's page: the box of turns begins at the chosen window. An address that names a turn does so by itself.
const box = document.querySelector(".tall");
const first = box?.querySelector(".inside");
if (first && !location.hash.startsWith("#turn-")) box.scrollTop += first.getBoundingClientRect().top - box.getBoundingClientRect().top;
