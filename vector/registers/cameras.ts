import { z } from 'zod';
import type { Point } from '../../raster/affine.js';
import { POINTS } from '../features/shapes.js';
import { type RegisterOptions, type RegisterRow, readRegister } from './register.js';
import { Quantity, RequiredText, Text } from './values.js';

const NAMES = {
  id: ['id', 'camera_id', 'code', '编号', '设备编号', '摄像头编号', '设备编码', '国标编码'],
  name: ['name', '名称', '设备名称', '摄像头名称', '点位名称', '安装位置'],
  bearing: ['bearing', 'azimuth', 'heading', '方位角', '朝向', '方向角'],
  view: ['view', 'fov', 'field_of_view', '视场角', '视角', '水平视场角'],
  rangeM: ['range_m', 'range', '可视距离', '有效距离', '视距', '监控距离'],
} as const;

/** Fields that --field can name. */
export const CAMERA_FIELDS = Object.keys(NAMES);

const missing = 'is empty';

const CameraValues = z
  .object({
    id: RequiredText,
    name: Text,
    bearing: Quantity,
    // without one it turns, and sees all around
    view: Quantity.transform((value) => value ?? 360).pipe(
      z.number().positive('is not above 0').max(360, 'is more than 360 degrees'),
    ),
    rangeM: Quantity.pipe(
      z.number({ error: missing }).positive('is not above 0').max(20_000, 'is above 20,000 m'),
    ),
  })
  .refine(({ bearing, view }) => bearing !== null || view === 360, {
    path: ['bearing'],
    message: 'is empty, though the field of view is not all around',
  })
  .transform(({ id, name, bearing, view, rangeM }) => ({
    id,
    name: name ?? id,
    // any turn of the compass: -90 is 270
    bearing: (((bearing ?? 0) % 360) + 360) % 360,
    view,
    rangeM,
  }));
/** A ground camera without its place: bearing in degrees clockwise from true north, view in degrees, range in metres. */
export type CameraValues = z.infer<typeof CameraValues>;

/**
 * Reads ground cameras. One without a field of view turns and sees all around.
 * @throws BadInput naming file, row and cure.
 */
export function readCameras(
  path: string,
  options: RegisterOptions = {},
): Promise<{ rows: RegisterRow<CameraValues, Point>[]; warnings: string[] }> {
  return readRegister(
    path,
    { what: 'Camera file', shape: POINTS, names: NAMES, schema: CameraValues },
    options,
  );
}
