// sequelize: sync, alter, associations, types, query interface, transactions. (Its enums are made by DO blocks of PL/pgSQL.)
import { DataTypes, Op, QueryTypes, Sequelize } from "sequelize";

const db = new Sequelize("postgres", "postgres", "", {
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  dialect: "postgres",
  logging: false,
  schema: "sequelize_test",
  pool: { max: 3 },
  dialectOptions: { clientMinMessages: "warning" },
});
await db.query("drop schema if exists sequelize_test cascade");
await db.createSchema("sequelize_test");
const User = db.define(
  "user",
  {
    name: { type: DataTypes.STRING(40), unique: true, allowNull: false },
    doc: DataTypes.JSONB,
    tags: DataTypes.ARRAY(DataTypes.STRING),
    price: DataTypes.DECIMAL(8, 2),
    big: DataTypes.BIGINT,
    at: DataTypes.DATE,
    day: DataTypes.DATEONLY,
    during: DataTypes.RANGE(DataTypes.INTEGER),
    raw: DataTypes.BLOB,
    key: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4 },
    ratio: DataTypes.DOUBLE,
    live: { type: DataTypes.BOOLEAN, defaultValue: true },
    ip: DataTypes.INET,
  },
  {
    timestamps: false,
    comment: "people",
    indexes: [
      { fields: ["price"], where: { live: true } },
      { fields: ["doc"], using: "gin" },
      { fields: [db.fn("lower", db.col("name"))], name: "lower_name" },
    ],
  },
);
const Post = db.define("post", { title: DataTypes.TEXT, n: { type: DataTypes.INTEGER, validate: { min: 0 } } }, { paranoid: true });
User.hasMany(Post, { onDelete: "CASCADE" });
Post.belongsTo(User);
const Tag = db.define("tag", { label: { type: DataTypes.STRING, primaryKey: true } }, { timestamps: false });
Post.belongsToMany(Tag, { through: "post_tags", timestamps: false });
Tag.belongsToMany(Post, { through: "post_tags", timestamps: false });
await db.sync();
await db.sync({ alter: true });
const ann = await User.create({
  name: "Ann",
  doc: { a: { b: [1, 2] } },
  tags: ["x", 'y "z"'],
  price: "12.50",
  big: "1152921504606846976",
  at: new Date(0),
  day: "2024-02-29",
  during: [1, 5],
  raw: Buffer.from([0, 255]),
  ratio: 0.1,
  ip: "10.0.0.1",
});
await ann.reload();
const { key, ...rest } = ann.get({ plain: true });
console.log(rest, key.length);
await User.bulkCreate(
  Array.from({ length: 30 }, (_, i) => ({ name: `u${i}`, price: i, tags: [`t${i % 3}`] })),
  { returning: true },
);
await User.bulkCreate([{ name: "u1", price: 99 }], { updateOnDuplicate: ["price"], conflictAttributes: ["name"] });
const p = await Post.create({ title: "hello", n: 1, userId: ann.id });
await p.setTags([await Tag.create({ label: "red" }), await Tag.create({ label: "blue" })]);
console.log(
  await User.findAll({
    where: { [Op.or]: [{ price: { [Op.gt]: 28 } }, { name: { [Op.iLike]: "ann" } }], tags: { [Op.ne]: null } },
    attributes: ["name", "price"],
    order: [["price", "DESC"]],
    raw: true,
  }),
);
console.log(
  await User.count({ where: { tags: { [Op.contains]: ["t1"] } } }),
  await User.count({ where: { "doc.a.b": { [Op.ne]: null } } }),
  await User.count({ where: { during: { [Op.contains]: 3 } } }),
  await User.sum("price"),
  await User.max("price"),
  await User.findOrCreate({ where: { name: "Ann" } }).then((x) => x[1]),
);
console.log(
  (await User.findAll({ include: [{ model: Post, include: Tag, required: true }] })).map((u) => [
    u.name,
    u.posts[0].tags.map((t) => t.label).sort(),
  ]),
  await User.findAndCountAll({ limit: 2, offset: 1, order: ["id"] }).then((r) => [r.count, r.rows.map((u) => u.name)]),
);
console.log(
  await User.update({ price: db.literal("price + 1") }, { where: { name: "u2" }, returning: ["price"] }).then(([n, rows]) => [
    n,
    rows[0].price,
  ]),
  await User.increment({ price: 5 }, { where: { name: "u3" } })
    .then(() => User.findOne({ where: { name: "u3" } }))
    .then((u) => u.price),
  await User.upsert({ name: "u4", price: 77 }, { conflictFields: ["name"] }).then(([u, c]) => [u.price, c]),
);
await p.destroy();
console.log(await Post.count(), await Post.count({ paranoid: false }));
await User.create({ name: "Ann" }).catch((e) =>
  console.log(
    e.name,
    e.errors.map((x) => x.message),
    e.parent.code,
  ),
);
await Post.create({ userId: 9999 }).catch((e) => console.log(e.name, e.index, e.table));
await db
  .transaction({ isolationLevel: "SERIALIZABLE" }, async (t) => {
    await User.create({ name: "tx" }, { transaction: t });
    throw new Error("no");
  })
  .catch((e) => console.log(e.message));
await db.transaction(async (t) => {
  await User.findOne({ where: { name: "Ann" }, lock: t.LOCK.UPDATE, skipLocked: true, transaction: t });
  await db.transaction({ transaction: t }, async () => {});
});
const q = db.getQueryInterface();
const at = { tableName: "users", schema: "sequelize_test" };
console.log(
  await q.describeTable(at),
  (await q.showIndex(at)).map((i) => [i.name, i.unique, i.primary, i.fields.map((f) => f.attribute), i.definition]),
  (await q.getForeignKeyReferencesForTable({ tableName: "posts", schema: "sequelize_test" })).map((f) => [
    f.constraintName,
    f.columnName,
    f.referencedTableName,
    f.referencedColumnName,
  ]),
);
await q.addColumn(at, "extra", { type: DataTypes.INTEGER, defaultValue: 3 });
await q.renameColumn(at, "extra", "more");
await q.changeColumn(at, "more", { type: DataTypes.STRING });
await q.addConstraint(at, { fields: ["price"], type: "check", where: { price: { [Op.gte]: 0 } }, name: "price_check" });
await q.removeColumn(at, "more");
console.log(
  (await q.showConstraint(at)).map((c) => c.constraintName ?? c.constraint_name).sort(),
  (await q.showAllTables())
    .filter((t) => t.schema === "sequelize_test")
    .map((t) => t.tableName)
    .sort(),
  await db.query("select name from sequelize_test.users where id = $id", { bind: { id: 1 }, type: QueryTypes.SELECT }),
  await db.query("select :a::int as a", { replacements: { a: 5 }, plain: true }),
  (await db.showAllSchemas({})).includes("sequelize_test"),
);
await db.dropSchema("sequelize_test");
await db.close();
