/** A photo of a visit, before it is sent. */
export interface Photo {
  readonly blob: Blob;
  /** Address of the blob for showing it. */
  readonly preview: string;
  /** ISO 8601 in UTC; null where only the file can tell. */
  readonly takenAt: string | null;
  /** WGS84 longitude, latitude of the device; null where it did not tell, or the photo was picked. */
  readonly position: readonly [number, number] | null;
  /** Where the device pointed, degrees clockwise from true north; null where unknown. */
  readonly bearing: number | null;
  /** Taken in this page, or picked from what the device had: a picked one may be of any day and place. */
  readonly source: 'camera' | 'picked';
}

/** A file that was picked: its time and place are what its EXIF says, which the server reads. */
export function pickedPhoto(file: File): Photo {
  return {
    blob: file,
    preview: URL.createObjectURL(file),
    takenAt: null,
    position: null,
    bearing: null,
    source: 'picked',
  };
}

/** Where the device is; null where it does not say within the time. */
export function devicePosition(waitMs = 8000): Promise<readonly [number, number] | null> {
  return new Promise((resolve) => {
    if (!('geolocation' in navigator)) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve([coords.longitude, coords.latitude]),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: waitMs, maximumAge: 10_000 },
    );
  });
}

/** Follows where the device points, degrees from true north, as far as it tells; `stop` ends it. */
export function followBearing(): { readonly latest: () => number | null; readonly stop: () => void } {
  let bearing: number | null = null;
  const listen = (event: DeviceOrientationEvent) => {
    // iOS gives a compass heading, others an angle that is one only where it is absolute
    if ('webkitCompassHeading' in event && typeof event.webkitCompassHeading === 'number') {
      bearing = event.webkitCompassHeading;
    } else if (event.absolute && event.alpha !== null) {
      bearing = (360 - event.alpha) % 360;
    }
  };
  addEventListener('deviceorientationabsolute', listen);
  addEventListener('deviceorientation', listen);
  return {
    latest: () => bearing,
    stop: () => {
      removeEventListener('deviceorientationabsolute', listen);
      removeEventListener('deviceorientation', listen);
    },
  };
}
