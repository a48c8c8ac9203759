import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { deed } from '../kit/widgets.js';
import { devicePosition, followBearing, type Photo } from './photo.js';

/** Long side of a photo, px: enough to read a house number, small enough for a weak signal. */
const LONG_SIDE = 1920;
const QUALITY = 0.85;

/** The device's camera in the page: what it takes was taken here and now. @throws where it does not open. */
export async function viewfinder(taken: (photo: Photo) => void): Promise<HTMLElement> {
  const words = t();
  if (!isSecureContext || !('mediaDevices' in navigator)) throw new Error(words.cameraInsecure);
  const stream = await navigator.mediaDevices
    .getUserMedia({ video: { facingMode: 'environment', width: { ideal: LONG_SIDE } }, audio: false })
    .catch(() => {
      throw new Error(words.cameraRefused);
    });
  const video = h('video', { autoplay: true, playsinline: true, muted: true });
  video.srcObject = stream;
  const compass = followBearing();
  const box = h('div', { class: 'viewfinder' }, video);
  const close = () => {
    compass.stop();
    for (const track of stream.getTracks()) track.stop();
    box.remove();
  };
  box.append(
    h(
      'div',
      { class: 'buttons' },
      deed(
        words.shutter,
        async () => {
          const takenAt = new Date().toISOString();
          const bearing = compass.latest();
          const [blob, position] = await Promise.all([frame(video), devicePosition()]);
          taken({ blob, preview: URL.createObjectURL(blob), takenAt, position, bearing, source: 'camera' });
        },
        'primary',
      ),
      h('button', { type: 'button', on: { click: close } }, words.cameraStop),
    ),
  );
  // a page that is left must not leave the camera on
  const gone = new MutationObserver(() => {
    if (box.isConnected) return;
    gone.disconnect();
    close();
  });
  requestAnimationFrame(() => gone.observe(document.body, { childList: true, subtree: true }));
  return box;
}

/** The picture of the moment as JPEG. */
function frame(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, LONG_SIDE / Math.max(videoWidth, videoHeight, 1));
  const canvas = h('canvas', {
    width: Math.round(videoWidth * scale),
    height: Math.round(videoHeight * scale),
  });
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error(t().cameraRefused))),
      'image/jpeg',
      QUALITY,
    ),
  );
}
