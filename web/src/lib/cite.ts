/** How to run a model, and how to cite its numbers. */
import { format } from './format';
import { keyOf, type Row, type Table } from './table';

export function timmCode(model: string, size: string): string {
  const pixels = Number(size.split('x')[0]) || 224;
  return `import timm, torch

model = timm.create_model("${model}", pretrained=True).eval()
config = timm.data.resolve_model_data_config(model)
config["input_size"] = (3, ${pixels}, ${pixels})
transform = timm.data.create_transform(**config, is_training=False)
with torch.inference_mode():  # image: a PIL image
    top5 = model(transform(image).unsqueeze(0)).softmax(-1).topk(5)`;
}

/** BibTeX of one row: what was measured, when, and by which version of the method. */
export function citation(table: Table, row: Row, version: string, address: string): string {
  const energy = table.column('energy_j_per_image');
  const value = energy ? format(table.number(row, 'energy_j_per_image'), energy) : '';
  const at = table.text(row, 'measured_at').slice(0, 10);
  return `@misc{joulemark_${table.text(row, 'run').replace(/[^A-Za-z0-9]/g, '_')},
  title = {Energy per image of ${keyOf(table, row)}: ${value}},
  author = {{Joulemark}},
  year = {${at.slice(0, 4)}},
  note = {Joulemark ${version}, method ${table.text(row, 'method')}, run ${table.text(row, 'run')} of ${at}, ${table.text(row, 'setup')}, policy ${table.text(row, 'policy')}, batch ${table.text(row, 'batch')}},
  url = {${address}}
}`;
}
