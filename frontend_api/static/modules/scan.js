// Codes in pictures: from the camera, or from a file.

import "jsqr";

const MOST = 1_600;

function read(source, width, height) {
  const scale = Math.min(1, MOST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  return globalThis.jsQR(pixels.data, pixels.width, pixels.height)?.data ?? null;
}

/** The text of the code in a picture, null if there is none. */
export async function picture(file) {
  const bitmap = await createImageBitmap(file);
  try {
    return read(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** Shows what the camera sees and tells each code in it; gives what ends that. */
export async function camera(video, found) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  let over = false;
  const end = () => {
    over = true;
    stream.getTracks().forEach((track) => track.stop());
  };
  video.srcObject = stream;
  await video.play();
  const look = () => {
    if (over) return;
    const text = video.videoWidth ? read(video, video.videoWidth, video.videoHeight) : null;
    if (text) found(text);
    setTimeout(look, 150);
  };
  look();
  return end;
}
